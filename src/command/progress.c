#include "command/progress.h"

#include <inttypes.h>
#include <math.h>
#include <unistd.h>

#include "base/console.h"
#include "base/log.h"

#define TERMINAL_PERIOD_NS (200 * NS_PER_MS)
#define PLAIN_PERIOD_NS    (10 * NS_PER_S)

void progress_init(struct progress *progress, bool on)
{
    *progress = (struct progress){.on = on, .terminal = isatty(STDERR_FILENO) == 1};
    progress->due_ns = real_now_ns() + (progress->terminal ? 0 : PLAIN_PERIOD_NS);
}

static void add_ms(struct buffer *line, const char *name, double ms)
{
    if (isnan(ms))
        buffer_printf(line, "   %s -", name);
    else
        buffer_printf(line, "   %s %.*f ms", name, ms < 100 ? 1 : 0, ms);
}

/* At the round's own pace, for what is left of its level. */
static void add_time_left(struct buffer *line, const struct live_view *view,
                          const struct level *level, uint64_t elapsed_ns)
{
    if (view->done == 0)
        return;
    double per_request_s = (double)elapsed_ns / 1e9 / view->done;
    double later = (double)(level->rounds_planned - view->round) * view->planned;
    double left_s = per_request_s * (view->planned - view->done - view->not_sent + later);
    uint64_t seconds = (uint64_t)(left_s + 0.5);
    buffer_printf(line, "   %" PRIu64 ":%02" PRIu64 " left in L%u", seconds / 60, seconds % 60,
                  view->level);
}

static void compose(struct buffer *line, const struct live_view *view, const struct run *run,
                    uint64_t origin_ns)
{
    const struct level *level = run_find_level(run, view->level);
    uint64_t elapsed_ns = now_ns() - origin_ns - view->round_start_ns;
    buffer_printf(line, "L%u/%u %s", view->level, run->level_count, level->label);
    if (view->waiting_for[0]) {
        buffer_printf(line, "   waiting for the server to be idle: %s", view->waiting_for);
        return;
    }
    if (view->round == 0) {
        buffer_printf(line, "   warming up %u/%u", view->done, view->planned);
        return;
    }
    bool may_end_sooner = level->until_steady && !level->steady_from;
    buffer_printf(line, "   R%u/%s%u   %u/%u done   %u in flight   %u failed", view->round,
                  may_end_sooner ? "≤" : "", level->rounds_planned, view->done, view->planned,
                  view->in_flight, view->failed);
    add_ms(line, "TTFT", live_recent_ttft_ms(view));
    add_ms(line, "ITL", live_recent_gap_ms(view));
    add_time_left(line, view, level, elapsed_ns);
}

void progress_show(struct progress *progress, struct benchmark *benchmark)
{
    /* Where nobody reads it would be old by the time somebody does. */
    if (!progress->on || real_now_ns() < progress->due_ns || !console_send(0) ||
        !atomic_load_explicit(&benchmark->ready, memory_order_acquire))
        return;
    progress->due_ns = real_now_ns() + (progress->terminal ? TERMINAL_PERIOD_NS : PLAIN_PERIOD_NS);
    live_copy(&benchmark->live, &progress->view);
    if (progress->view.level == 0)
        return;
    struct buffer line = {0};
    compose(&line, &progress->view, benchmark->run, benchmark->anchor.monotonic_ns);
    if (progress->terminal) {
        log_progress(line.data);
    } else {
        buffer_add_char(&line, '\n');
        console_say(buffer_text(&line));
    }
    buffer_free(&line);
}

void progress_end(struct progress *progress)
{
    if (progress->on && progress->terminal)
        log_progress_end();
}
