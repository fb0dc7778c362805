#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Set once by the screen before other threads start. */
static void (*die_hook)(void);

void die_set_hook(void (*hook)(void))
{
    die_hook = hook;
}

void die(const char *format, ...)
{
    if (die_hook)
        die_hook();
    va_list args;
    va_start(args, format);
    fputs("fluxperf: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void *xmalloc(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        die("out of memory (asked for %zu bytes)", size);
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        die("out of memory (asked for %zu × %zu bytes)", count, size);
    return memory;
}

void *xrealloc(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        die("out of memory (asked for %zu bytes)", size);
    return memory;
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        die("out of memory (asked for %zu × %zu bytes)", count, size);
    return xrealloc(old, bytes);
}

void *xcalloc_aligned(size_t count, size_t size, size_t alignment)
{
    size_t bytes;
    void *memory = NULL;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        posix_memalign(&memory, alignment, bytes ? bytes : 1) != 0)
        die("out of memory (asked for %zu × %zu bytes)", count, size);
    return memset(memory, 0, bytes);
}

char *xstrdup(const char *string)
{
    return xstrndup(string, strlen(string));
}

char *xstrndup(const char *string, size_t size)
{
    char *copy = xmalloc(size + 1);
    memcpy(copy, string, size);
    copy[size] = '\0';
    return copy;
}

char *xasprintf(const char *format, ...)
{
    char *string;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&string, format, args);
    va_end(args);
    if (length < 0)
        die("out of memory (while formatting a text)");
    return string;
}
