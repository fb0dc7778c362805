/* Variables of the environment that are set for a while and then put back as they were. Not while
 * another thread may read the environment. */
#ifndef BASE_ENVIRONMENT_H
#define BASE_ENVIRONMENT_H

#include <stddef.h>

/* What stood there before. A zeroed struct remembers nothing. */
struct environment {
    struct environment_variable {
        char *name;
        char *value; /* NULL = it was not set */
    } * before;
    size_t count;
};

/* `value` NULL takes the variable away. */
void environment_set(struct environment *environment, const char *name, const char *value);
void environment_restore(struct environment *environment);

#endif
