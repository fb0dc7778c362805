#include "report/alarm_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/memory.h"
#include "benchmark/changes.h"
#include "report/page.h"

#define LOOK_NS NS_PER_S
/* By then a metric that the server has was read. */
#define UNKNOWN_AFTER 10

bool alarm_watch_init(struct alarm_watch *watch, const struct config *config, struct error *error)
{
    const struct string_list *texts = &config->alarms;
    *watch = (struct alarm_watch){.command = config->on_alarm};
    if (config->on_alarm && texts->count == 0)
        return error_set(error, "--on-alarm: only with --alarm");
    watch->alarms = xcalloc(texts->count, sizeof *watch->alarms);
    for (size_t i = 0; i < texts->count; i++) {
        struct alarm *alarm = &watch->alarms[watch->count++];
        if (!alarm_parse(alarm, texts->values[i], error))
            return error_prefix(error, "--alarm");
    }
    return true;
}

void alarm_watch_free(struct alarm_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        alarm_free(&watch->alarms[i]);
    free(watch->alarms);
    free(watch->children);
    *watch = (struct alarm_watch){0};
}

/* ---- the command ---- */

/* Ours, with what the alarm is in front: the first of a name is the one that counts. */
static char **environment_of(const struct alarm_watch *watch, const struct alarm *alarm)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **list = xcalloc(count + 5, sizeof *list);
    size_t at = 0;
    list[at++] = xasprintf("FLUXPERF_ALARM=%s", alarm->condition.text);
    list[at++] = xasprintf("FLUXPERF_ALARM_VALUE=%s", alarm_value(alarm).text);
    list[at++] = xasprintf("FLUXPERF_RUN=%s", watch->benchmark->directory);
    list[at++] = xasprintf("FLUXPERF_ENDPOINT=%s", watch->benchmark->run->endpoint);
    memcpy(list + at, environ, count * sizeof *list);
    return list;
}

static void keep_child(struct alarm_watch *watch, pid_t child)
{
    watch->children =
        xreallocarray(watch->children, watch->child_count + 1, sizeof *watch->children);
    watch->children[watch->child_count++] = child;
}

static void reap_children(struct alarm_watch *watch)
{
    size_t left = 0;
    for (size_t i = 0; i < watch->child_count; i++)
        if (waitpid(watch->children[i], NULL, WNOHANG) == 0)
            watch->children[left++] = watch->children[i];
    watch->child_count = left;
}

/* Its output goes nowhere: it would lie over the screen or between the lines of a report. */
static void start_command(struct alarm_watch *watch, const struct alarm *alarm)
{
    char *words[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, xstrdup(watch->command), NULL};
    char **environment = environment_of(watch, alarm);
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    pid_t child;
    int reason = posix_spawn(&child, words[0], &files, &attributes, words, environment);
    if (reason != 0)
        log_error("--on-alarm: cannot start a shell: %s", strerror(reason));
    else
        keep_child(watch, child);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    for (size_t i = 0; i < 4; i++)
        free(environment[i]);
    free(environment);
    free(words[2]);
}

/* ---- each second ---- */

static double disk_free_percent(const char *directory)
{
    struct statvfs status;
    if (statvfs(directory, &status) != 0 || status.f_blocks == 0)
        return NO_VALUE;
    return 100.0 * (double)status.f_bavail / (double)status.f_blocks;
}

/* A name that no figure and no metric has can never be raised: say so while there is time to stop.
 */
static void say_unknown(const struct alarm_watch *watch, const struct alarm *alarm)
{
    if (alarm->kind == ALARM_METRIC &&
        !samples_find(&watch->benchmark->run->samples, alarm->condition.figure))
        log_warning("--alarm '%s': %s is no figure of requests, and no metric of the server that "
                    "is read (--prometheus-metrics)",
                    alarm->condition.text, alarm->condition.figure);
}

static void tell(struct alarm_watch *watch, const struct alarm *alarm, enum alarm_news news)
{
    const char *text = alarm->condition.text;
    if (news == ALARM_RAISED)
        log_alarm("raised: %s (it is %s)", text, alarm_value(alarm).text);
    else
        log_alarm("cleared: %s (it is %s)", text, alarm_value(alarm).text);
    if (news == ALARM_RAISED && watch->command)
        start_command(watch, alarm);
}

static void look(struct alarm_watch *watch)
{
    struct benchmark *benchmark = watch->benchmark;
    uint64_t now = now_ns() - benchmark->anchor.monotonic_ns;
    double free_percent = disk_free_percent(benchmark->directory);
    struct summary recent;
    live_copy(&benchmark->live, &watch->view);
    run_hold(benchmark->run);
    summary_make_recent(&recent, benchmark->run, now > ALARM_WINDOW_NS ? now - ALARM_WINDOW_NS : 0,
                        now);
    struct alarm_facts facts = {.run = benchmark->run,
                                .view = &watch->view,
                                .recent = &recent,
                                .now_ns = now,
                                .disk_free_percent = free_percent};
    for (size_t i = 0; i < watch->count; i++)
        watch->alarms[i].news = alarm_judge(&watch->alarms[i], &facts);
    run_let_go(benchmark->run);
    for (size_t i = 0; i < watch->count; i++)
        if (watch->alarms[i].news != ALARM_NO_NEWS)
            tell(watch, &watch->alarms[i], watch->alarms[i].news);
    summary_free(&recent);
    reap_children(watch);
}

/* False once it is to quit. */
static bool wait_a_look(struct alarm_watch *watch)
{
    struct timespec until = clock_deadline(now_ns() + LOOK_NS);
    pthread_mutex_lock(&watch->lock);
    while (!watch->quit && pthread_cond_timedwait(&watch->wake, &watch->lock, &until) == 0)
        ;
    bool quit = watch->quit;
    pthread_mutex_unlock(&watch->lock);
    return !quit;
}

static void *watch_main(void *argument)
{
    struct alarm_watch *watch = argument;
    unsigned looks = 0;
    while (wait_a_look(watch)) {
        if (!atomic_load_explicit(&watch->benchmark->ready, memory_order_acquire))
            continue;
        look(watch);
        if (++looks == UNKNOWN_AFTER)
            for (size_t i = 0; i < watch->count; i++)
                say_unknown(watch, &watch->alarms[i]);
    }
    return NULL;
}

void alarm_watch_start(struct alarm_watch *watch, struct benchmark *benchmark)
{
    if (watch->count == 0)
        return;
    watch->benchmark = benchmark;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&watch->thread, NULL, watch_main, watch) != 0)
        die("cannot start a thread for alarms");
    pthread_setname_np(watch->thread, "alarms");
    watch->started = true;
}

void alarm_watch_stop(struct alarm_watch *watch)
{
    if (!watch->started)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->quit = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->lock);
    watch->started = false;
}
