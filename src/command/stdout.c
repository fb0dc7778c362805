/* The end of what a command prints. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"

bool stdout_is_written(void)
{
    bool ok = fflush(stdout) == 0 && !ferror(stdout);
    /* Who reads no further, as head does, has seen enough. */
    if (!ok && errno != EPIPE)
        log_error("cannot write to stdout: %s", strerror(errno));
    return ok;
}
