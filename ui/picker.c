#include "ui/picker.h"

#include <dirent.h>
#include <math.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/page.h"
#include "ui/form.h"

/* ---- runs ---- */

static void filter_runs(struct picker *picker);

static void add_run(struct picker *picker, const char *directory)
{
    struct picker_run run;
    if (!picker_run_read(&run, directory))
        return;
    picker->runs = xreallocarray(picker->runs, picker->count + 1, sizeof *picker->runs);
    picker->runs[picker->count++] = run;
}

static int newest_first(const void *left, const void *right)
{
    const struct picker_run *a = left, *b = right;
    return (a->start_wall_ns < b->start_wall_ns) - (a->start_wall_ns > b->start_wall_ns);
}

static void add_below(struct picker *picker, const char *folder, int depth)
{
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char *path = path_join(folder, entry->d_name);
        struct stat status;
        /* Links, as results/latest, name what is there anyway. */
        if (entry->d_name[0] != '.' && lstat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
            uint32_t before = picker->count;
            add_run(picker, path);
            if (picker->count == before && depth > 0)
                add_below(picker, path, depth - 1);
        }
        free(path);
    }
    if (directory)
        closedir(directory);
}

void picker_scan(struct picker *picker, const char *folder)
{
    *picker = (struct picker){.folder = folder};
    /* One deeper: the stages of a recipe. */
    add_below(picker, folder, 1);
    if (picker->count)
        qsort(picker->runs, picker->count, sizeof *picker->runs, newest_first);
    filter_runs(picker);
}

void picker_take(struct picker *picker, char *const *directories, size_t count)
{
    *picker = (struct picker){.folder = NULL};
    for (size_t i = 0; i < count; i++)
        add_run(picker, directories[i]);
    filter_runs(picker);
}

void picker_free(struct picker *picker)
{
    for (uint32_t i = 0; i < picker->count; i++)
        picker_run_free(&picker->runs[i]);
    free(picker->runs);
    free(picker->shown);
    *picker = (struct picker){0};
}

static bool matches(const struct picker_run *run, const char *words)
{
    const char *texts[] = {run->directory, run->model, run->server, run->levels};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (texts[i] && strcasestr(texts[i], words))
            return true;
    for (uint32_t i = 0; i < run->note_count; i++)
        if (strcasestr(run->notes[i], words))
            return true;
    return words[0] == '\0';
}

static void filter_runs(struct picker *picker)
{
    picker->shown = xreallocarray(picker->shown, picker->count + 1, sizeof *picker->shown);
    picker->list.count = 0;
    for (uint32_t i = 0; i < picker->count; i++)
        if (matches(&picker->runs[i], picker->filter.text))
            picker->shown[picker->list.count++] = i;
    if (picker->list.cursor >= picker->list.count)
        picker->list.cursor = picker->list.count ? picker->list.count - 1 : 0;
}

const struct picker_run *picker_selected(const struct picker *picker)
{
    return picker->list.count ? &picker->runs[picker->shown[picker->list.cursor]] : NULL;
}

static uint32_t tagged_count(const struct picker *picker)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < picker->count; i++)
        count += picker->runs[i].tagged;
    return count;
}

/* ---- drawing ---- */

static void format_bytes(char *out, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    for (; value >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
        value /= 1000;
    snprintf(out, size, unit && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

/* "Nov 24 12:01", with the year where it is not this one. */
static void format_when(char *out, size_t size, uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S), now = time(NULL);
    struct tm then, today;
    localtime_r(&seconds, &then);
    localtime_r(&now, &today);
    strftime(out, size, then.tm_year == today.tm_year ? "%b %d %H:%M" : "%b %d  %Y", &then);
}

struct columns {
    int when, mark, model, model_cols, server, server_cols, levels, ttft, slo, bytes, directory;
};

static struct columns columns_for(int cols)
{
    if (cols < 76)
        return (struct columns){.when = 4, .mark = 17, .ttft = 22, .slo = cols >= 48 ? 41 : 0};
    if (cols < 116)
        return (struct columns){4, 17, 22, 12, 35, 10, 46, 55, 74, 0, 0};
    if (cols < 142)
        return (struct columns){4, 17, 22, 28, 51, 18, 70, 84, 103, 111, 0};
    return (struct columns){4, 17, 22, 28, 51, 18, 70, 84, 103, 111, 122};
}

static void draw_titles(const struct columns *columns, struct canvas *canvas, int row)
{
    const struct {
        int col;
        const char *text;
    } titles[] = {{columns->when, "when"},
                  {columns->model, "model"},
                  {columns->server, "server"},
                  {columns->levels, "levels"},
                  {columns->ttft, "TTFT p50 R1→R2"},
                  {columns->slo ? columns->slo + 2 : 0, "SLO"},
                  {columns->bytes ? columns->bytes + 3 : 0, "size"},
                  {columns->directory, "directory"}};
    for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
        if (titles[i].col)
            canvas_put(canvas, row, titles[i].col, canvas->cols - titles[i].col, STYLE(ROLE_TITLE),
                       text_of(titles[i].text));
}

static void put(struct canvas *canvas, int row, int col, int cols, const char *text)
{
    if (col)
        canvas_put(canvas, row, col, cols < canvas->cols - col ? cols : canvas->cols - col,
                   STYLE(ROLE_TEXT), text_of(text ? text : "-"));
}

static void draw_ttft(const struct picker_run *run, struct canvas *canvas, int row, int col)
{
    if (isnan(run->cold_ttft_ms)) {
        canvas_put(canvas, row, col + 5, 1, STYLE(ROLE_DIM), TEXT("-"));
        return;
    }
    canvas_printf(canvas, row, col, 5, STYLE(ROLE_COLD), "%5.0f", run->cold_ttft_ms);
    canvas_put(canvas, row, col + 5, 3, STYLE(ROLE_DIM), TEXT(" → "));
    if (isnan(run->warm_ttft_ms)) {
        canvas_put(canvas, row, col + 10, 1, STYLE(ROLE_DIM), run->on ? TEXT("…") : TEXT("-"));
        return;
    }
    canvas_printf(canvas, row, col + 8, 5, STYLE(ROLE_WARM), "%-5.0f", run->warm_ttft_ms);
    canvas_printf(canvas, row, col + 12, 6, STYLE(ROLE_TEXT), "%5.1f×",
                  run->cold_ttft_ms / run->warm_ttft_ms);
}

static void draw_run(const struct picker_run *run, const struct columns *columns,
                     struct canvas *canvas, int row, bool selected)
{
    char when[32], bytes[24];
    format_when(when, sizeof when, run->start_wall_ns);
    format_bytes(bytes, sizeof bytes, run->bytes);
    canvas_put(canvas, row, 2, 1, STYLE(ROLE_KEY), run->tagged ? TEXT("*") : TEXT(" "));
    put(canvas, row, columns->when, 12, when);
    if (run->cut || run->on)
        canvas_put(canvas, row, columns->mark, 4, STYLE(run->on ? ROLE_GOOD : ROLE_WARN),
                   run->on ? TEXT("on") : TEXT("cut"));
    put(canvas, row, columns->model, columns->model_cols, run->model);
    put(canvas, row, columns->server, columns->server_cols, run->server);
    put(canvas, row, columns->levels, columns->ttft - columns->levels - 1, run->levels);
    draw_ttft(run, canvas, row, columns->ttft);
    if (columns->slo)
        canvas_put_right(canvas, row, columns->slo, 5, STYLE(ROLE_TEXT),
                         text_of(figure_share(run->slo_share).text));
    if (columns->bytes)
        canvas_put_right(canvas, row, columns->bytes, 7, STYLE(ROLE_DIM), text_of(bytes));
    if (columns->directory)
        canvas_put(canvas, row, columns->directory, canvas->cols - columns->directory - 1,
                   STYLE(ROLE_DIM), text_of(run->directory));
    if (selected)
        list_mark(canvas, row, 0, canvas->cols);
}

static void draw_head(const struct picker *picker, struct canvas *canvas)
{
    uint64_t bytes = 0;
    char size[24], right[48];
    for (uint32_t i = 0; i < picker->count; i++)
        bytes += picker->runs[i].bytes;
    format_bytes(size, sizeof size, bytes);
    snprintf(right, sizeof right, "%u, %s", picker->count, size);
    canvas_printf(canvas, 0, 1, canvas->cols - 2, STYLE(ROLE_TITLE), "runs%s%s",
                  picker->folder ? " in " : "", picker->folder ? picker->folder : "");
    canvas_put_right(canvas, 0, canvas->cols - 22, 20, STYLE(ROLE_DIM), text_of(right));
}

static void draw_help(struct canvas *canvas)
{
    static const char *const lines[] = {
        "Enter     open the run",
        "Space     tag it, or take its tag away; U untags all",
        "c         compare the tagged runs, or the tagged one with this",
        "/         show only runs that have these words",
        "↑ ↓ k j   move; also PgUp PgDn Home End",
        "q         leave",
        "",
        "TTFT is the median in the first and the last round of the last level with two.",
        "cut: it ended before its plan did; what finished is there.",
    };
    int rows = (int)ARRAY_SIZE(lines) + 2, cols = canvas->cols < 78 ? canvas->cols : 78;
    struct rect box = {2, (canvas->cols - cols) / 2, rows, cols};
    canvas_fill(canvas, box, STYLE(ROLE_TEXT));
    struct rect inside = canvas_box(canvas, box, "help", "any key closes");
    for (int i = 0; i < (int)ARRAY_SIZE(lines) && i < inside.rows; i++)
        canvas_put(canvas, inside.row + i, inside.col, inside.cols, STYLE(ROLE_TEXT),
                   text_of(lines[i]));
}

/* Where the selected run is, if no column says it, and what the marks mean. */
static void draw_remark(const struct picker *picker, bool with_directory, struct canvas *canvas,
                        int row)
{
    bool any_cut = false, any_on = false;
    for (uint32_t i = 0; i < picker->count; i++) {
        any_cut |= picker->runs[i].cut;
        any_on |= picker->runs[i].on;
    }
    const char *marks = any_cut && any_on
                            ? "cut: interrupted; what finished is there  on: still running"
                        : any_cut ? "cut: interrupted; what finished is there"
                        : any_on  ? "on: still running"
                                  : "";
    canvas_put_right(canvas, row, 1, canvas->cols - 2, STYLE(ROLE_DIM), text_of(marks));
    const struct picker_run *selected = picker_selected(picker);
    if (selected && with_directory)
        canvas_put(canvas, row, 1, canvas->cols - 4 - (int)text_columns(text_of(marks)),
                   STYLE(ROLE_TEXT), text_of(selected->directory));
}

static void draw_foot(const struct picker *picker, struct canvas *canvas)
{
    int row = canvas->rows - 1;
    if (picker->filtering) {
        canvas_put(canvas, row, 1, 2, STYLE(ROLE_KEY), TEXT("/"));
        input_draw(&picker->filter, canvas, row, 2, canvas->cols - 3, STYLE(ROLE_TEXT), true);
    } else if (picker->message[0]) {
        canvas_put(canvas, row, 1, canvas->cols - 2, STYLE(ROLE_WARN), text_of(picker->message));
    } else {
        canvas_hints(canvas, row,
                     tagged_count(picker) ? "c compare  Space tag  U untag  Enter open  / filter  "
                                            "? help  q quit"
                                          : "Enter open  Space tag  c compare  / filter  ? help  "
                                            "q quit");
    }
}

/* The first one, and how many there are besides. */
static void draw_notes(const struct picker_run *run, struct canvas *canvas, int row)
{
    char more[24] = "";
    if (run->note_count > 1)
        snprintf(more, sizeof more, "  +%u more", run->note_count - 1);
    int room = canvas->cols - 8 - (int)strlen(more);
    int col = 7 + canvas_put(canvas, row, 7, room, STYLE(ROLE_DIM), TEXT("note: "));
    col += canvas_put_cut(canvas, row, col, room - 6, STYLE(ROLE_DIM), text_of(run->notes[0]));
    canvas_put(canvas, row, col, canvas->cols - col, STYLE(ROLE_DIM), text_of(more));
}

/* Runs from `top` on, with their notes; returns whether the cursor was among them. */
static bool draw_runs(const struct picker *picker, const struct columns *columns,
                      struct canvas *canvas, int first, int rows)
{
    int row = first;
    bool seen = false;
    for (uint32_t i = picker->list.top; i < picker->list.count && row < first + rows; i++) {
        const struct picker_run *run = &picker->runs[picker->shown[i]];
        seen |= i == picker->list.cursor;
        draw_run(run, columns, canvas, row++, i == picker->list.cursor);
        if (run->note_count && row < first + rows)
            draw_notes(run, canvas, row++);
    }
    return seen;
}

void picker_draw(void *page, struct canvas *canvas)
{
    struct picker *picker = page;
    struct columns columns = columns_for(canvas->cols);
    canvas_clear(canvas);
    bool small = canvas->rows < 5;
    if (!small) {
        draw_head(picker, canvas);
        draw_titles(&columns, canvas, 1);
    }
    int first = small ? 0 : 2, rows = canvas->rows - first - (small ? 1 : 2);
    if (rows < 1)
        rows = 1;
    if (picker->count == 0)
        canvas_printf(canvas, first, 1, canvas->cols - 2, STYLE(ROLE_DIM),
                      "There are no runs in %s yet.",
                      picker->folder ? picker->folder : "these directories");
    else if (picker->list.count == 0)
        canvas_printf(canvas, first, 1, canvas->cols - 2, STYLE(ROLE_DIM),
                      "No run has \"%s\"; Esc shows all.", picker->filter.text);
    list_settle(&picker->list, picker->list.count, rows);
    /* Notes take rows of their own, so the list may have to go on by more than it thinks. */
    while (!draw_runs(picker, &columns, canvas, first, rows) &&
           picker->list.top < picker->list.cursor) {
        picker->list.top++;
        canvas_fill(canvas, (struct rect){first, 0, rows, canvas->cols}, STYLE(ROLE_TEXT));
    }
    if (canvas->rows > 1)
        draw_foot(picker, canvas);
    if (canvas->rows >= 8)
        draw_remark(picker, !columns.directory, canvas, canvas->rows - 2);
    if (picker->helping)
        draw_help(canvas);
}

/* ---- keys ---- */

static bool filter_key(struct picker *picker, int key)
{
    if (key == 0x1b) {
        input_set(&picker->filter, TEXT(""));
        picker->filtering = false;
    } else if (key == '\n' || key == '\r' || key == KEY_ENTER) {
        picker->filtering = false;
    } else {
        input_key(&picker->filter, key);
    }
    filter_runs(picker);
    return true;
}

static bool choose(struct picker *picker, enum picker_choice choice)
{
    picker->choice = choice;
    return false;
}

/* One that is tagged is held against the run under the cursor. */
static bool compare(struct picker *picker)
{
    uint32_t tagged = tagged_count(picker);
    if (tagged == 1 && !picker_selected(picker)->tagged) {
        picker->runs[picker->shown[picker->list.cursor]].tagged = true;
        tagged++;
    }
    if (tagged >= 2)
        return choose(picker, PICKER_COMPARE);
    snprintf(picker->message, sizeof picker->message,
             "tag two runs or more with Space, then c compares them");
    return true;
}

static void tag(struct picker *picker)
{
    struct picker_run *run = &picker->runs[picker->shown[picker->list.cursor]];
    run->tagged = !run->tagged;
    list_key(&picker->list, KEY_DOWN);
}

bool picker_key(void *page, int key)
{
    struct picker *picker = page;
    picker->message[0] = '\0';
    if (picker->helping) {
        picker->helping = false;
        return true;
    }
    if (picker->filtering)
        return filter_key(picker, key);
    bool any = picker->list.count > 0;
    if (key == 'q' || key == 'Q' || key == 0x03 || key == KEY_F(10))
        return choose(picker, PICKER_LEAVE);
    if ((key == '\n' || key == '\r' || key == KEY_ENTER) && any)
        return choose(picker, PICKER_OPEN);
    if (key == 'c' && any)
        return compare(picker);
    if (key == ' ' && any)
        tag(picker);
    else if (key == 'U')
        for (uint32_t i = 0; i < picker->count; i++)
            picker->runs[i].tagged = false;
    else if (key == '/')
        picker->filtering = true;
    else if (key == 0x1b)
        filter_key(picker, key);
    else if (key == '?' || key == KEY_F(1))
        picker->helping = true;
    else
        list_key(&picker->list, key);
    return true;
}
