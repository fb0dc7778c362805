#include "ui/level_page.h"

#include <math.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/remarks.h"
#include "result/round_kept.h"
#include "ui/comparison_text.h"
#include "ui/figures.h"
#include "ui/level_list.h"
#include "ui/level_tables.h"

struct level_pair level_pair_of(const struct ui *ui, const struct level *level)
{
    struct level_pair pair = {NULL, NULL};
    uint32_t count = atomic_load_explicit(&level->round_count, memory_order_acquire);
    if (count == 0)
        return pair;
    pair.first = &level->rounds[0];
    uint32_t wanted = ui->round >= 2 && ui->round <= count ? ui->round : count;
    if (wanted >= 2)
        pair.later = &level->rounds[wanted - 1];
    return pair;
}

/* ---- where the figures come from ---- */

/* Of the pair, those that are there. The summary of the second may push the first's out of its
 * place no more than a frame later. */
static int make_sides(struct ui *ui, const struct level *level, struct side sides[2])
{
    struct level_pair pair = level_pair_of(ui, level);
    const struct round *rounds[] = {pair.first, pair.later};
    int count = 0;
    for (int i = 0; i < 2; i++) {
        if (!rounds[i])
            continue;
        const struct summary *summary = ui_summary(ui, level, rounds[i]);
        sides[count++] = (struct side){.round = rounds[i],
                                       .summary = summary,
                                       .word = round_temperature(rounds[i], summary),
                                       .running = !round_has_ended(rounds[i])};
    }
    return count;
}

/* ---- sentences ---- */

void level_add_paired(struct ui *ui, const struct level *level, struct buffer *out)
{
    struct level_pair pair = level_pair_of(ui, level);
    if (!pair.later) {
        buffer_add_string(out, "The comparison begins with round 2: the same requests again.");
        return;
    }
    const struct comparison *comparison = ui_comparison_of(ui, METRIC_TTFT, pair.later, pair.first);
    bool running = !round_has_ended(pair.later);
    if (comparison->basis != COMPARISON_PAIRS || comparison->pairs == 0) {
        bool changed = ui_round_snapshot(ui, pair.first).segment_count > 1 ||
                       ui_round_snapshot(ui, pair.later).segment_count > 1;
        buffer_add_string(out, changed ? "not paired: the load was changed by hand"
                                       : "not paired: no prompt succeeded in both rounds yet");
        return;
    }
    buffer_printf(out, "paired on %s prompt%s%s: ", figure_count(comparison->pairs).text,
                  comparison->pairs == 1 ? "" : "s", running ? " so far" : "");
    comparison_add_sentence(out, comparison);
    if (comparison->retried)
        buffer_printf(out, "; %u sent twice left out", comparison->retried);
}

void level_add_against(struct ui *ui, const struct level *level, struct buffer *out)
{
    struct level_pair pair = level_pair_of(ui, level);
    const struct round *round = pair.later ? pair.later : pair.first;
    const struct differences *differences = round ? ui_against(ui, level, round) : NULL;
    if (!differences)
        return;
    buffer_add_string(out, "against ");
    baseline_name(&ui->baseline, differences->level, differences->round, out);
    buffer_printf(out, ": TTFT p50 %s", difference_text(differences, "ttft_p50").text);
    buffer_printf(out, ", ITL p50 %s", difference_text(differences, "itl_p50").text);
    buffer_printf(out, ", tok/s %s", difference_text(differences, "token_throughput").text);
}

/* "SLO missed in R1: TTFT 5, ITL 0" */
static void add_missed(const struct ui *ui, const struct side *sides, int count, struct buffer *out)
{
    if (!slo_any(&ui->run->slo))
        return;
    for (int side = 0; side < count; side++) {
        const struct summary *summary = sides[side].summary;
        bool any = false;
        if (round_judged_otherwise(ui->run, sides[side].round)) {
            buffer_printf(out,
                          "%sR%u: its requests are in the journal, to be judged by these "
                          "limits when the run is over",
                          out->size ? ".  " : "", sides[side].round->number);
            continue;
        }
        for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
            if (!summary->slo_missed[i])
                continue;
            if (!any)
                buffer_printf(out, "%sR%u:", out->size ? ".  " : "SLO missed in ",
                              sides[side].round->number);
            buffer_printf(out, "%s %s %u", any ? "," : "", slo_limits[i].title,
                          summary->slo_missed[i]);
            any = true;
        }
    }
    if (out->size == 0)
        buffer_add_string(out, "SLO missed by none");
}

/* Of the round that did worst, which the list shows too; NULL = none has ended. */
static void add_client(const struct round *round, bool wide, struct buffer *out)
{
    if (!round) {
        buffer_add_string(out, "client: known at the end of the round");
        return;
    }
    const struct health *health = &round->health;
    buffer_printf(out, "client %s", health_verdict_name(health->verdict));
    if (health->verdict != HEALTH_OK)
        buffer_printf(out, " in R%u", round->number);
    buffer_add_char(out, ':');
    if (health->stamp_lag_samples)
        buffer_printf(out, " stamp p99 %s%.1f ms,", health->stamp_lag_at_least ? "at least " : "",
                      (double)health->stamp_lag_p99_ns / NS_PER_MS);
    buffer_printf(out, " dispatch p99 %.1f ms, busy %s",
                  (double)health->dispatch_lag_p99_ns / NS_PER_MS,
                  figure_share(health->loop_busy).text);
    if (wide || health->verdict == HEALTH_OK)
        buffer_printf(out, ", connects %u", health->connects);
    if (wide || health->retries)
        buffer_printf(out, ", retries %u", health->retries);
}

static int put_line(struct canvas *canvas, struct rect rect, int row, enum role role,
                    struct buffer *line)
{
    bool any = line->size > 0;
    if (any)
        canvas_put(canvas, row, rect.col, rect.cols, STYLE(role), buffer_text(line));
    buffer_clear(line);
    return row + any;
}

/* What the server's metrics did, those of most interest first, as far as there are rows. */
static int draw_server(struct ui *ui, struct canvas *canvas, struct rect rect, int row,
                       const struct level *level, struct metric_rounds *metrics,
                       const struct side *sides, int count)
{
    const struct samples *samples = &ui->run->samples;
    uint32_t watched_count = samples_watched_count(samples);
    int end = rect.row + rect.rows, width = rect.cols >= 100 ? 24 : 20;
    for (uint32_t i = 0; i < watched_count && row < end; i++) {
        const struct watched *watched = samples_watched(samples, i);
        if (watched->hidden)
            continue;
        canvas_put(canvas, row, rect.col, rect.cols - count * width, STYLE(ROLE_SERVER),
                   text_of(watched->title));
        for (int side = 0; side < count; side++) {
            const struct watched_round *figures =
                metric_rounds_get(metrics, ui->run, watched, level, sides[side].round, ui->now_ns);
            canvas_put_right(canvas, row, rect.col + rect.cols - (count - side) * width, width,
                             STYLE(ROLE_TEXT), text_of(metric_round_text(watched, figures).text));
        }
        row++;
    }
    return row;
}

/* ---- the whole ---- */

static void neighbours(const struct ui *ui, const struct level *level, struct buffer *out)
{
    const struct level *before = ui_level_beside(ui, level, -1);
    const struct level *next = ui_level_beside(ui, level, 1);
    if (before)
        buffer_printf(out, ", L%u %s", before->number, before->label);
    if (next)
        buffer_printf(out, "%sL%u %s .", before ? "    " : "", next->number, next->label);
}

static void title_of(const struct ui *ui, const struct level *level, struct buffer *out)
{
    const struct round *first = level->round_count ? &level->rounds[0] : NULL;
    buffer_printf(out, "L%u %s, %s requests a round", level->number, level->label,
                  figure_count(first ? first->counts.planned : level->samples).text);
    if (strcmp(level->cold_start, "none") != 0 && level->cold_start[0])
        buffer_printf(out, ", cold by %s", level->cold_start);
    if (ui->baseline.run && ui->baseline.run == ui->baseline.earlier)
        buffer_printf(out, ", against %.40s", path_base(ui->baseline.directory));
}

static int draw_sentences(struct ui *ui, struct canvas *canvas, struct rect rect, int row,
                          const struct level *level, bool wide, const struct side *sides, int count)
{
    struct buffer line = {0};
    level_add_interrupted(level, &line);
    row = put_line(canvas, rect, row, ROLE_WARN, &line);
    level_add_paired(ui, level, &line);
    row = put_line(canvas, rect, row, ROLE_TEXT, &line);
    if (!wide && count)
        buffer_printf(&line, "tokens in %.1f, out %.1f a request%s   ",
                      sides[count - 1].summary->avg_input_tokens,
                      sides[count - 1].summary->avg_output_tokens,
                      sides[count - 1].summary->output_estimated ? " ≈" : "");
    struct buffer missed = {0};
    add_missed(ui, sides, count, &missed);
    buffer_add_text(&line, buffer_text(&missed));
    buffer_free(&missed);
    row = put_line(canvas, rect, row, ROLE_TEXT, &line);
    if (count) {
        const struct round *worst = level_worst_client(level);
        bool ok = !worst || worst->health.verdict == HEALTH_OK;
        add_client(worst, wide, &line);
        row = put_line(canvas, rect, row, ok ? ROLE_TEXT : ROLE_WARN, &line);
    }
    buffer_free(&line);
    return row;
}

void level_page_draw(struct ui *ui, struct canvas *canvas, struct rect rect,
                     const struct level *level, struct metric_rounds *metrics)
{
    struct side sides[2];
    int count = make_sides(ui, level, sides);
    struct buffer title = {0}, around = {0};
    title_of(ui, level, &title);
    neighbours(ui, level, &around);
    canvas_put_cut(canvas, rect.row, rect.col + 1, rect.cols - 2, STYLE(ROLE_TITLE),
                   buffer_text(&title));
    if (text_columns(buffer_text(&title)) + text_columns(buffer_text(&around)) + 4 < rect.cols)
        canvas_put_right(canvas, rect.row, rect.col, rect.cols - 1, STYLE(ROLE_KEY),
                         buffer_text(&around));
    buffer_free(&title);
    buffer_free(&around);
    struct rect inside = {rect.row + 1, rect.col + 1, rect.rows - 1, rect.cols - 2};
    if (count == 0) {
        canvas_put(canvas, inside.row + 1, inside.col + 2, inside.cols, STYLE(ROLE_DIM),
                   TEXT("No round of this level has begun."));
        return;
    }
    struct held_against against = level_held_against(ui, level, sides, count);
    int row = level_metrics_draw(canvas, inside, inside.row, sides, count, &against);
    row = level_rates_draw(canvas, inside, row, false, sides, count, &against);
    row = draw_sentences(ui, canvas, inside, row, level, false, sides, count);
    draw_server(ui, canvas, inside, row, level, metrics, sides, count);
}

static bool has_server(const struct ui *ui)
{
    return samples_watched_count(&ui->run->samples) > 0;
}

static bool has_baseline(const struct ui *ui, const struct level *level,
                         const struct level_pair *pair)
{
    const struct level *old_level;
    const struct round *against, *last = pair->later ? pair->later : pair->first;
    return last && baseline_find(&ui->baseline, level, last, &old_level, &against);
}

/* A header, three metrics, a table of rates, three sentences, and one where it was interrupted. */
static int box_rows(const struct level *level, int sides, bool baseline)
{
    struct buffer interrupted = {0};
    level_add_interrupted(level, &interrupted);
    int more = interrupted.size > 0;
    buffer_free(&interrupted);
    return 2 + 1 + 3 * (sides + (sides == 2 || baseline)) + 1 + sides + baseline + 3 + more;
}

int level_page_wide_rows(const struct ui *ui, const struct level *level)
{
    struct level_pair pair = level_pair_of(ui, level);
    return box_rows(level, pair.later ? 2 : 1, has_baseline(ui, level, &pair)) +
           (has_server(ui) ? 8 : 0);
}

void level_page_draw_wide(struct ui *ui, struct canvas *canvas, struct rect rect,
                          const struct level *level, struct metric_rounds *metrics)
{
    struct side sides[2];
    int count = make_sides(ui, level, sides);
    struct buffer title = {0}, around = {0};
    title_of(ui, level, &title);
    neighbours(ui, level, &around);
    struct held_against against = level_held_against(ui, level, sides, count);
    int rows = box_rows(level, count, against.differences != NULL);
    if (rows > rect.rows || count == 0)
        rows = rect.rows;
    struct rect box = canvas_box(canvas, (struct rect){rect.row, rect.col, rows, rect.cols},
                                 title.data, around.data);
    buffer_free(&title);
    buffer_free(&around);
    if (count == 0) {
        canvas_put(canvas, box.row, box.col, box.cols, STYLE(ROLE_DIM),
                   TEXT("No round of this level has begun."));
        return;
    }
    int row = level_metrics_draw_wide(canvas, box, box.row, sides, count, &against);
    row = level_rates_draw(canvas, box, row, true, sides, count, &against);
    draw_sentences(ui, canvas, box, row, level, true, sides, count);
    struct rect rest = {rect.row + rows, rect.col, rect.rows - rows, rect.cols};
    if (!has_server(ui) || rest.rows < 3)
        return;
    struct buffer heads = {0};
    /* Each head ends where the figures below it do. */
    for (int side = 0; side < count; side++)
        buffer_printf(&heads, "%sR%u before → after", side ? "       " : "",
                      sides[side].round->number);
    box = canvas_box(canvas, rest, "server", heads.data);
    buffer_free(&heads);
    draw_server(ui, canvas, box, box.row, level, metrics, sides, count);
}
