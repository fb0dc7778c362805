#include "ui/frame.h"

#include <math.h>

#include "base/memory.h"
#include "benchmark/tuning.h"
#include "ui/keymap.h"
#include "ui/layout.h"
#include "ui/strip.h"
#include "ui/watching.h"

#define WIDE_COLS      100
#define TAB_NAMES_COLS 72

void format_clock(char *out, size_t size, double seconds)
{
    if (isnan(seconds)) {
        snprintf(out, size, "-");
        return;
    }
    unsigned all = (unsigned)(seconds < 0 ? 0 : seconds + 0.5);
    if (all >= 3600)
        snprintf(out, size, "%u:%02u:%02u", all / 3600, all / 60 % 60, all % 60);
    else
        snprintf(out, size, "%u:%02u", all / 60, all % 60);
}

static bool in_round(const struct ui *ui)
{
    return ui->live && ui->live->level &&
           (ui->state == STATE_RUNNING || ui->state == STATE_PAUSED || ui->state == STATE_STOPPING);
}

static double seconds_gone(const struct ui *ui)
{
    return ui->now_ns > ui->live->round_start_ns
               ? (double)(ui->now_ns - ui->live->round_start_ns) / 1e9
               : 0;
}

double ui_seconds_left(const struct ui *ui)
{
    const struct live_view *live = ui->live;
    if (!in_round(ui) || live->done == 0 || live->done + live->not_sent > live->planned)
        return (double)NAN;
    return seconds_gone(ui) / live->done * (live->planned - live->done - live->not_sent);
}

/* ---- header ---- */

/* "localhost:8000" of a URL. */
static struct text host_of(const char *url)
{
    struct text host = text_of(url);
    const char *slashes = url ? strstr(url, "://") : NULL;
    if (slashes)
        host = text_of(slashes + 3);
    const char *end = memchr(host.data, '/', host.size);
    if (end)
        host.size = (size_t)(end - host.data);
    return host;
}

/* " + lmcache", when the server's metrics are of this engine and that. */
static struct text beside_engine(const struct run *run)
{
    const char *both =
        samples_source_count(&run->samples) ? samples_source(&run->samples, 0)->engine : "";
    const char *more = strstr(both, " + ");
    bool same = more && run->engine && strncmp(run->engine, both, (size_t)(more - both)) == 0;
    return text_of(same ? more : "");
}

static void what_is_tested(const struct ui *ui, bool wide, struct buffer *out)
{
    const struct run *run = ui->run;
    if (!run) {
        buffer_add_string(out, "starting");
        return;
    }
    struct text parts[] = {text_of(run->engine), text_of(run->model), host_of(run->endpoint)};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (parts[i].size) {
            buffer_add_string(out, out->size ? " · " : "");
            buffer_add_text(out, parts[i]);
            if (i == 0 && wide)
                buffer_add_text(out, beside_engine(run));
        }
}

static void how_far(const struct ui *ui, bool wide, struct buffer *out)
{
    const char *gap = wide ? "   " : "  ";
    const struct live_view *live = ui->live;
    const struct level *level =
        ui->run && in_round(ui) ? run_find_level(ui->run, live->level) : ui_level(ui);
    if (!level)
        return;
    buffer_printf(out, "L%u %s", level->number, level->label);
    const struct round *round = ui_round(ui);
    if (in_round(ui)) {
        if (live->round == 0)
            buffer_printf(out, "%swarming up", gap);
        else
            buffer_printf(out, "%sR%u/%u", gap, live->round, level->rounds_planned);
        buffer_printf(out, "%s%u/%u", gap, live->done, live->planned);
        char gone[24], left[24];
        double left_s = ui_seconds_left(ui);
        format_clock(gone, sizeof gone, seconds_gone(ui));
        format_clock(left, sizeof left, left_s);
        if (wide)
            buffer_printf(out, "%s%s gone", gap, gone);
        if (!isnan(left_s))
            buffer_printf(out, "%s%s left", gap, left);
    } else if (round) {
        buffer_printf(out, "%sR%u/%u%s%u requests", gap, round->number, level->rounds_planned, gap,
                      round_done_count(round));
    }
}

/* ---- tabs ---- */

/* On narrow screens only the view that is shown has its name. */
static const char *tab_name(const struct ui *ui, int number, int cols)
{
    return cols >= TAB_NAMES_COLS || (int)ui->view == number ? views_table[number].name : "";
}

static int tab_width(const struct ui *ui, int number, int cols)
{
    int name = (int)strlen(tab_name(ui, number, cols));
    return name + (name ? 4 : 3) + (cols >= WIDE_COLS);
}

/* The column behind the last one. */
static int tab_end(const struct ui *ui, int cols)
{
    int end = 1;
    for (int i = 0; i < VIEW_COUNT; i++)
        end += tab_width(ui, i, cols);
    return end;
}

static const struct {
    const char *word;
    enum role role;
} states[] = {
    [STATE_FINISHED] = {"DONE", ROLE_GOOD},     [STATE_STARTING] = {"STARTING", ROLE_DIM},
    [STATE_RUNNING] = {"RUNNING", ROLE_GOOD},   [STATE_PAUSED] = {"PAUSED", ROLE_WARN},
    [STATE_STOPPING] = {"STOPPING", ROLE_WARN}, [STATE_WAITING] = {"DONE", ROLE_GOOD},
};

/* Of the latest round that has ended. */
static const struct health *latest_health(const struct ui *ui)
{
    const struct health *health = NULL;
    uint32_t levels =
        ui->run ? atomic_load_explicit(&ui->run->level_count, memory_order_acquire) : 0;
    for (uint32_t i = 0; i < levels; i++)
        for (uint32_t j = 0; j < ui->run->levels[i]->round_count; j++)
            if (ui->run->levels[i]->rounds[j].ended)
                health = &ui->run->levels[i]->rounds[j].health;
    return health;
}

/* The journal of a run that was killed holds no end. */
static bool has_ended_early(const struct ui *ui)
{
    const char *reason = ui->run->end_reason;
    return reason ? strcmp(reason, "finished") != 0 : !ui->benchmark;
}

static void draw_state(const struct ui *ui, struct canvas *canvas, int row, int cols)
{
    static const enum role roles[] = {[HEALTH_OK] = ROLE_DIM,
                                      [HEALTH_STRAINED] = ROLE_WARN,
                                      [HEALTH_SATURATED] = ROLE_BAD,
                                      [HEALTH_NOT_BOUNDED] = ROLE_DIM};
    bool incomplete = ui->state == STATE_FINISHED && ui->run && has_ended_early(ui);
    /* Between rounds, until the server has done what is left of the one before. */
    bool idle_wait = ui->state == STATE_RUNNING && ui->live && ui->live->waiting_for[0];
    const char *word = incomplete ? "ENDED EARLY" : idle_wait ? "WAITING" : states[ui->state].word;
    struct style style = {.role = (uint8_t)(incomplete ? ROLE_WARN : states[ui->state].role),
                          .flags = STYLE_BOLD};
    char down[48];
    uint64_t down_since_ns = ui->live ? ui->live->server_down_since_ns : 0;
    if (down_since_ns && ui->state != STATE_FINISHED) {
        char at[32];
        clock_format_local(ui->run->anchor.wall_ns + down_since_ns, at, sizeof at);
        snprintf(down, sizeof down, "%sdown since %s", cols >= WIDE_COLS ? "server " : "",
                 at + sizeof "2026-11-24");
        word = down;
        style.role = ROLE_BAD;
    }
    canvas_put_right(canvas, row, 0, cols - 1, style, text_of(word));
    const struct health *health = word == down ? NULL : latest_health(ui);
    if (!health)
        return;
    char client[40];
    snprintf(client, sizeof client, "client %s", health_verdict_name(health->verdict));
    int end = cols - 1 - (incomplete ? 13 : cols >= WIDE_COLS ? 11 : 9);
    int room = end - tab_end(ui, cols);
    struct text said = text_of(client);
    if (text_columns(said) > room)
        said = text_of(health_verdict_name(health->verdict));
    if (text_columns(said) <= room)
        canvas_put_right(canvas, row, 0, end, STYLE(roles[health->verdict]), said);
}

static void draw_tabs(const struct ui *ui, struct canvas *canvas, int row)
{
    int col = 1;
    for (int i = 0; i < VIEW_COUNT; i++) {
        bool here = (int)ui->view == i;
        struct style style = {.role = here ? ROLE_TITLE : ROLE_TEXT,
                              .flags = here ? STYLE_BOLD : 0};
        struct style number = {.role = here ? ROLE_TITLE : ROLE_KEY, .flags = style.flags};
        canvas_put(canvas, row, col, 1, style, here ? TEXT("[") : TEXT(" "));
        canvas_printf(canvas, row, col + 1, 1, number, "%d", i + 1);
        const char *name = tab_name(ui, i, canvas->cols);
        int used = *name ? canvas_put(canvas, row, col + 3, 20, style, text_of(name)) : -1;
        canvas_put(canvas, row, col + 3 + used, 1, style, here ? TEXT("]") : TEXT(" "));
        col += tab_width(ui, i, canvas->cols);
    }
}

int frame_tab_at(const struct ui *ui, int row, int col, int cols)
{
    int from = 1;
    for (int i = 0; row == 1 && i < VIEW_COUNT; i++) {
        if (col >= from && col < from + tab_width(ui, i, cols))
            return i;
        from += tab_width(ui, i, cols);
    }
    return -1;
}

static void draw_header(const struct ui *ui, struct canvas *canvas, struct rect area)
{
    struct buffer left = {0}, right = {0};
    bool wide = canvas->cols >= WIDE_COLS;
    what_is_tested(ui, wide, &left);
    how_far(ui, wide, &right);
    int right_cols = text_columns(buffer_text(&right));
    canvas_put_right(canvas, area.row, area.col, area.cols - 1, STYLE(ROLE_TEXT),
                     buffer_text(&right));
    canvas_put_cut(canvas, area.row, area.col + 1, area.cols - right_cols - 4,
                   (struct style){.role = ROLE_TITLE, .flags = STYLE_BOLD}, buffer_text(&left));
    draw_tabs(ui, canvas, area.row + 1);
    draw_state(ui, canvas, area.row + 1, area.cols);
    buffer_free(&left);
    buffer_free(&right);
}

/* ---- footer ---- */

/* A word of a hint that is a key: one character, or one of these. */
static bool is_key(struct text word)
{
    static const char *const names[] = {"Enter", "Esc",  "Space", "Tab", "PgUp",
                                        "PgDn",  "Home", "End",   "1-6", "Ctrl-U"};
    if (text_columns(word) <= 1)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (text_is(word, names[i]))
            return true;
    return word.size >= 2 && ((word.data[0] == 'F' && word.data[1] >= '0' && word.data[1] <= '9') ||
                              (word.data[0] == '^' && word.size == 2));
}

static void draw_hints(struct canvas *canvas, int row, struct text hints)
{
    int col = 1;
    bool keys = true;
    while (hints.size) {
        const char *blank = memchr(hints.data, ' ', hints.size);
        struct text word = {hints.data, blank ? (size_t)(blank - hints.data) : hints.size};
        if (word.size == 0)
            keys = true;
        else
            keys = keys && is_key(word);
        struct style style = {.role = keys ? ROLE_KEY : ROLE_DIM, .flags = keys ? STYLE_BOLD : 0};
        col += canvas_put(canvas, row, col, canvas->cols - col, style, word) + 1;
        size_t taken = word.size + (blank != NULL);
        hints = (struct text){hints.data + taken, hints.size - taken};
    }
}

static void draw_footer(const struct ui *ui, struct canvas *canvas, struct rect area)
{
    if (ui->question[0]) {
        struct style style = {.role = ROLE_WARN, .flags = STYLE_BOLD};
        int used = canvas_put(canvas, area.row, 1, area.cols - 21, style, text_of(ui->question));
        canvas_printf(canvas, area.row, used + 3, area.cols - used - 3, STYLE(ROLE_KEY),
                      "Enter yes  Esc no");
        return;
    }
    if (ui->message[0]) {
        canvas_put(canvas, area.row, 1, area.cols - 2, STYLE(ROLE_TEXT), text_of(ui->message));
        return;
    }
    if (watching_draw_server(ui, canvas, area) || watching_draw_alarm(ui, canvas, area))
        return;
    struct buffer hints = {0};
    keymap_footer(ui, area.cols - 2, &hints);
    draw_hints(canvas, area.row, buffer_text(&hints));
    buffer_free(&hints);
}

/* ---- all of it ---- */

static void draw(struct ui *ui, struct canvas *canvas)
{
    struct layout layout;
    layout_make(&layout, canvas->rows, canvas->cols, ui->view);
    struct rect page = {0, 0, canvas->rows, canvas->cols};
    if (ui->overlay && ui->overlay->whole_page && !layout_has(&layout, AREA_STRIP)) {
        ui->overlay->draw(ui, canvas, page);
        return;
    }
    if (layout_has(&layout, AREA_STRIP)) {
        strip_draw(ui, canvas, layout.areas[AREA_STRIP]);
    } else {
        draw_header(ui, canvas, layout.areas[AREA_HEADER]);
        views_table[ui->view].draw(ui, canvas, layout.areas[AREA_BODY]);
        draw_footer(ui, canvas, layout.areas[AREA_FOOTER]);
    }
    if (ui->overlay)
        ui->overlay->draw(ui, canvas, page);
}

void frame_draw(struct ui *ui, struct canvas *canvas)
{
    const struct run *run = ui->run;
    if (run)
        run_hold(run);
    draw(ui, canvas);
    if (run)
        run_let_go(run);
}

void frame_title(const struct ui *ui, char *out, size_t size)
{
    const struct live_view *live = ui->live;
    if (!in_round(ui)) {
        snprintf(out, size, "fluxperf %s", ui->state == STATE_STARTING ? "starting" : "done");
        return;
    }
    double ttft = live_recent_ttft_ms(live);
    int length = snprintf(out, size, "fluxperf L%u R%u %u%%", live->level, live->round,
                          live->planned ? 100 * live->done / live->planned : 0);
    if (!isnan(ttft) && length > 0 && (size_t)length < size)
        snprintf(out + length, size - (size_t)length, " TTFT %.0f", ttft);
}
