#include "base/environment.h"

#include <stdlib.h>

#include "base/memory.h"

static void put(const char *name, const char *value)
{
    if (value ? setenv(name, value, 1) != 0 : unsetenv(name) != 0)
        die("out of memory (while setting %s)", name);
}

void environment_set(struct environment *environment, const char *name, const char *value)
{
    const char *old = getenv(name);
    environment->before =
        xreallocarray(environment->before, environment->count + 1, sizeof *environment->before);
    environment->before[environment->count++] =
        (struct environment_variable){xstrdup(name), old ? xstrdup(old) : NULL};
    put(name, value);
}

void environment_restore(struct environment *environment)
{
    /* Backwards: of a variable that was set twice the first memory is the one that counts. */
    while (environment->count) {
        struct environment_variable *variable = &environment->before[--environment->count];
        put(variable->name, variable->value);
        free(variable->name);
        free(variable->value);
    }
    free(environment->before);
    *environment = (struct environment){0};
}
