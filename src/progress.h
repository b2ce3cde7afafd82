/* Says on stderr what a run is at, to a person at a terminal, once it has taken half a second; to nobody else
 * and never otherwise. One line, which goes away.
 */
#ifndef ASMO_PROGRESS_H
#define ASMO_PROGRESS_H

/* To be called after the confinement, which only threads that begin later share. */
void progress_begin(const char *program_name);
/* What is done now: `asking the container engine`. */
void progress_at(const char *what);
void progress_end(void);

/* Around what else is written there. */
void progress_pause(void);
void progress_go_on(void);

#endif
