/* Memory. An allocation that fails ends the program: the history is only ever replaced whole, so
 * nothing is lost by that, and no caller has to handle it.
 *
 * An arena owns everything that is made in it and gives it back at once. A snapshot has one, so
 * it has no members to free one by one. The zero value is an empty arena.
 */
#ifndef ASMO_MEM_H
#define ASMO_MEM_H

#include <stddef.h>

/* A run of bytes that somebody else owns; not terminated. */
struct slice {
	const char *data;
	size_t len;
};

struct arena_block;

struct arena {
	struct arena_block *newest;
};

void *mem_alloc(size_t size);
void *mem_resize(void *old, size_t size);
char *mem_string(const char *text); /* a copy, to be freed */

/* `size` bytes, zeroed, aligned for any type; they live as long as the arena. */
void *arena_alloc(struct arena *arena, size_t size);
/* Room for `count` things of `size` bytes, zeroed. */
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_string(struct arena *arena, const char *text); /* NULL stays NULL */
char *arena_slice(struct arena *arena, struct slice text);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets all that was made in it but keeps a block for the next use. */
void arena_clear(struct arena *arena);
void arena_release(struct arena *arena);

struct slice slice_of(const char *text);

/* For `char *p __attribute__((cleanup(mem_free_pointer)))`. */
void mem_free_pointer(void *pointer_to_pointer);
#define AUTO_FREE __attribute__((cleanup(mem_free_pointer)))

#endif
