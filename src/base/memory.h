/* Allocation that never returns NULL, and the one way to end the program when it cannot go on. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

#define NEVER_NULL __attribute__((returns_nonnull))

/* Each ends the program through die() when memory runs out. The result is freed with free(). */
void *xmalloc(size_t size) NEVER_NULL;
void *xcalloc(size_t count, size_t size) NEVER_NULL;
void *xrealloc(void *old, size_t size) NEVER_NULL;
/* For arrays: count × size is checked for overflow. */
void *xreallocarray(void *old, size_t count, size_t size) NEVER_NULL;
/* Zeroed, for types that ask for more alignment than malloc gives (a power of two). */
void *xcalloc_aligned(size_t count, size_t size, size_t alignment) NEVER_NULL;
char *xstrdup(const char *string) NEVER_NULL;
char *xstrndup(const char *string, size_t size) NEVER_NULL;
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2))) NEVER_NULL;

/* Runs the hook (the screen puts the terminal back there), prints "fluxperf: …", exits with 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die_set_hook(void (*hook)(void));

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
