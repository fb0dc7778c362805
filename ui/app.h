/* The full screen, from taking the terminal to giving it back. */
#ifndef UI_APP_H
#define UI_APP_H

#include "result/journal_follow.h"
#include "ui/view.h"

struct app_settings {
    struct benchmark *benchmark; /* a run in progress; NULL = from files: */
    const struct run *run;
    struct journal_follow *follow; /* a run that another process writes; NULL = `run` */
    const char *directory;
    uint64_t frozen_ns; /* the time of every frame, from the run's start; 0 = it goes on */

    const struct config *config; /* its screen options */
    struct baseline *baseline;   /* to begin with, and as it was left; NULL = none */
    bool *kept;    /* set when something was decided about a run that was over; NULL = not asked */
    int signal_fd; /* readable when a signal came, −1 = none */
    /* What came; 0 = nothing. The first SIGINT, SIGTERM or SIGHUP ends a run. */
    int (*take_signal)(void *context);
    /* Writes the files of the run as it stands. NULL = nothing to write. */
    bool (*write_files)(void *context, struct error *error);
    void *context;
};

enum app_end {
    APP_FAILED, /* there is no terminal, or it cannot show a screen: the error says why */
    APP_LEFT,   /* the run, if there was one, has finished */
    APP_PLAIN,  /* it goes on without the screen */
    APP_HURRY,  /* asked to end twice: do not wait for the run */
    APP_GONE,   /* the terminal has disappeared, or reads no more; the run has finished */
};

/* Call app_prepare before any thread starts: it settles which signals reach the screen. */
void app_prepare(void);
/* Whether there is a terminal that can show a screen; takes /dev/tty where stdin is something else.
 */
bool app_can_run(struct error *error);
enum app_end app_run(const struct app_settings *settings, struct error *error);

/* By --ui, and with auto: stdin and stdout are terminals, and this process leads its group, which
 * means that it was started from a prompt. */
bool app_is_wanted(const struct config *config);

#endif
