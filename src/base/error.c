#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *error, const char *format, ...)
{
    if (!error)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
    if (!error)
        return false;
    char said[sizeof error->text];
    memcpy(said, error->text, sizeof said);

    va_list args;
    va_start(args, format);
    int length = vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= sizeof error->text - 2)
        return false;
    size_t room = sizeof error->text - (size_t)length;
    if (snprintf(error->text + length, room, ": %s", said) >= (int)room)
        error->text[sizeof error->text - 1] = '\0';
    return false;
}
