/* Allocation that never returns NULL, and the one way to end the program when it cannot go on. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* Each ends the program through die() when memory runs out. The result is freed with free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
/* For arrays: count × size is checked for overflow. */
void *xreallocarray(void *old, size_t count, size_t size);
/* Zeroed, for types that ask for more alignment than malloc gives (a power of two). */
void *xcalloc_aligned(size_t count, size_t size, size_t alignment);
char *xstrdup(const char *string);
char *xstrndup(const char *string, size_t size);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs the hook (the screen puts the terminal back there), prints "fluxperf: …", exits with 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die_set_hook(void (*hook)(void));

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
