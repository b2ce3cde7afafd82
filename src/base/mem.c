#include "asmo/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 16 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
	struct arena_block *older;
	size_t used;
	size_t size;
	_Alignas(ARENA_ALIGN) char data[];
};

void *mem_alloc(size_t size)
{
	return mem_resize(NULL, size);
}

void *mem_resize(void *old, size_t size)
{
	void *new = realloc(old, size ? size : 1);

	if (!new)
		abort();
	return new;
}

char *mem_string(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mem_alloc(size), text, size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->newest;
	void *out;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (!block || block->size - block->used < size) {
		size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;

		block = mem_alloc(sizeof(*block) + room);
		*block = (struct arena_block){.older = arena->newest, .size = room};
		arena->newest = block;
	}
	out = block->data + block->used;
	block->used += size;
	return memset(out, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		abort();
	return arena_alloc(arena, count * size);
}

char *arena_slice(struct arena *arena, struct slice text)
{
	char *out = arena_alloc(arena, text.len + 1);

	if (text.len)
		memcpy(out, text.data, text.len);
	return out;
}

char *arena_string(struct arena *arena, const char *text)
{
	return text ? arena_slice(arena, slice_of(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *out;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		abort();
	out = arena_alloc(arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(out, (size_t)len + 1, format, args);
	va_end(args);
	return out;
}

void arena_clear(struct arena *arena)
{
	struct arena_block *block = arena->newest;

	while (block && block->older) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
	if (block)
		block->used = 0;
	arena->newest = block;
}

void arena_release(struct arena *arena)
{
	arena_clear(arena);
	free(arena->newest);
	arena->newest = NULL;
}

struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

void mem_free_pointer(void *pointer_to_pointer)
{
	void *pointer;

	memcpy(&pointer, pointer_to_pointer, sizeof(pointer));
	free(pointer);
}
