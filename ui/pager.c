#include "ui/pager.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/visible.h"

static bool write_page(struct pager *pager, struct text text, struct error *error)
{
    struct buffer page = {0};
    strcpy(pager->path, "/tmp/fluxperf-page-XXXXXX");
    int fd = mkstemp(pager->path);
    if (fd < 0)
        return error_set(error, "cannot make a file for the pager: %s", strerror(errno));
    text_add_visible(&page, text);
    bool written = file_write_all(fd, buffer_text(&page).data, page.size);
    if (!written) {
        error_set(error, "cannot write the file for the pager: %s", strerror(errno));
        unlink(pager->path);
    }
    buffer_free(&page);
    close(fd);
    return written;
}

/* Of one program, which can take the shell's place. */
static bool is_one_command(const char *words)
{
    char quote = '\0';
    for (const char *at = words; *at; at++) {
        if (*at == '\\' && at[1] && quote != '\'')
            at++;
        else if (quote)
            quote = *at == quote ? '\0' : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (strchr("|&;()<>\n", *at))
            return false;
    }
    /* LESS=-R less: the shell sets it. */
    return !memchr(words, '=', strcspn(words, " \t"));
}

/* With no signal blocked, as they are in this process. */
static bool start(struct pager *pager, struct error *error)
{
    const char *chosen = getenv("PAGER");
    chosen = chosen && *chosen ? chosen : "less";
    /* So that it is the pager that can be ended, and not a shell that waits for it. */
    const char *instead = is_one_command(chosen) ? "exec " : "";
    char *command = xasprintf("%s%s %s", instead, chosen, pager->path);
    char *words[] = {(char[]){"sh"}, (char[]){"-c"}, command, NULL};
    sigset_t none;
    posix_spawnattr_t attributes;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int reason = posix_spawn(&pager->process, "/bin/sh", NULL, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    free(command);
    if (reason == 0)
        return true;
    pager->process = 0;
    return error_set(error, "cannot start the pager: %s", strerror(reason));
}

bool pager_open(struct pager *pager, struct text text, struct error *error)
{
    if (!write_page(pager, text, error))
        return false;
    if (start(pager, error))
        return true;
    unlink(pager->path);
    return false;
}

bool pager_is_open(struct pager *pager)
{
    int status;
    if (pager->process == 0)
        return false;
    if (waitpid(pager->process, &status, WNOHANG) == 0)
        return true;
    pager->process = 0;
    unlink(pager->path);
    return false;
}

void pager_end(struct pager *pager)
{
    for (int tries = 0; tries < 100 && pager_is_open(pager); tries++) {
        kill(pager->process, tries < 50 ? SIGTERM : SIGKILL);
        poll(NULL, 0, 10);
    }
}
