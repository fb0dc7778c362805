#include "ui/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

FILE *tap_open(struct tap *tap, int fd)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    tap->memory = memfd_create("screen", MFD_CLOEXEC);
    tap->out = own >= 0 ? fdopen(own, "w") : NULL;
    if (tap->memory < 0 || !tap->out)
        die("cannot open the screen: %s", strerror(errno));
    return tap->out;
}

void tap_begin(struct tap *tap)
{
    if (dup3(tap->memory, fileno(tap->out), O_CLOEXEC) < 0)
        die("cannot open the screen: %s", strerror(errno));
}

void tap_take(struct tap *tap, struct outlet *outlet)
{
    char bytes[4096];
    off_t at = 0;
    ssize_t size;
    fflush(tap->out);
    while ((size = pread(tap->memory, bytes, sizeof bytes, at)) > 0) {
        outlet_add(outlet, (struct text){bytes, (size_t)size});
        at += size;
    }
    /* The place to write to is shared by both descriptors. */
    if (at && (ftruncate(tap->memory, 0) != 0 || lseek(tap->memory, 0, SEEK_SET) != 0))
        die("cannot draw: %s", strerror(errno));
}

void tap_close(struct tap *tap)
{
    fclose(tap->out);
    close(tap->memory);
}
