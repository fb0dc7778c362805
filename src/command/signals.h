/* SIGINT, SIGTERM and SIGHUP: they arrive through a descriptor, and the first one asks to end. As
 * nothing else ends the program then, nothing it prints may wait: see base/console.h. */
#ifndef COMMAND_SIGNALS_H
#define COMMAND_SIGNALS_H

struct signals {
    int fd;
    int first; /* 0 = none came */
};

/* Before any thread starts, so that all inherit the mask. */
void signals_block(struct signals *signals);
/* Waits until all that was printed was read, though not for long once a signal has come. */
void signals_let_out(struct signals *signals);
/* In a child, before it becomes another program. */
void signals_unblock(void);
/* What has arrived, 0 when nothing has. */
int signals_take(struct signals *signals);
/* The exit status: the signal's if one came, else `status`. */
int signals_status(const struct signals *signals, int status);

#endif
