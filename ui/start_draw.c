#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "benchmark/estimate.h"
#include "ui/figures.h"
#include "ui/start.h"

enum { LABEL_COLS = 14, MODEL_COLS = 28 };

static const struct {
    int line, col, cols;
} places[START_FIELD_COUNT] = {
    [START_ENDPOINT] = {0, 1, 60},  [START_DATASET] = {2, 1, 40}, [START_CONCURRENCY] = {3, 1, 29},
    [START_REQUESTS] = {3, 31, 22}, [START_ROUNDS] = {3, 57, 21}, [START_OUTPUT] = {4, 1, 29},
    [START_TIMEOUT] = {4, 57, 21},  [START_TTFT] = {5, 1, 29},    [START_ITL] = {5, 31, 22},
    [START_LATENCY] = {5, 57, 21},
};

/* "vllm 0.11.0 · Llama-3-8B · metrics yes · reset /reset_prefix_cache" */
static void draw_found(const struct found_server *found, struct canvas *canvas, int row)
{
    const char *name = found->engine[0] ? found->engine : found->owner;
    struct text model = text_cut(text_of(found->model), MODEL_COLS);
    canvas_printf(canvas, row, 16, canvas->cols - 17, STYLE(ROLE_DIM),
                  "%s%s%.*s · metrics %s · reset %s", name, name[0] ? " · " : "", (int)model.size,
                  model.data, found->has_metrics ? "yes" : "no",
                  found->reset_path ? found->reset_path : "no");
}

static void draw_server(const struct start *start, struct canvas *canvas, int row)
{
    const struct found_server *shown = NULL;
    int cols = canvas->cols;
    for (int i = 0; i < START_PORTS; i++) {
        char end[16];
        snprintf(end, sizeof end, ":%u", start_ports[i]);
        struct text endpoint = input_text(&start->fields[START_ENDPOINT].input);
        if (start->servers[i].found && memmem(endpoint.data, endpoint.size, end, strlen(end)))
            shown = &start->servers[i];
    }
    if (shown) {
        canvas_put_right(canvas, row, cols - 12, 10, STYLE(ROLE_GOOD), TEXT("found"));
        draw_found(shown, canvas, row + 1);
    } else if (start->looked_at < START_PORTS) {
        canvas_put_right(canvas, row, cols - 14, 12, STYLE(ROLE_DIM), TEXT("looking …"));
    } else {
        struct buffer text = {0};
        for (int i = 0; i < START_PORTS; i++)
            if (start->servers[i].found)
                buffer_printf(&text, "%s%u (%s)", text.size ? ", " : "on this machine: port ",
                              start_ports[i], start->servers[i].model);
        if (text.size == 0)
            buffer_add_string(&text, "no server was found on this machine");
        canvas_put(canvas, row + 1, 16, cols - 17, STYLE(ROLE_DIM), buffer_text(&text));
        buffer_free(&text);
    }
}

static void draw_dataset(const struct start *start, struct canvas *canvas, int row)
{
    if (!start->dataset_name || canvas->cols < 78)
        return;
    canvas_printf(canvas, row, 43, canvas->cols - 44, STYLE(ROLE_DIM), "%s rows of about %s tokens",
                  figure_count(start->rows).text,
                  figure_count((double)start->tokens_a_prompt).text);
}

static void draw_total(const struct start *start, struct canvas *canvas, int row)
{
    canvas_put(canvas, row, 2, LABEL_COLS, STYLE(ROLE_TEXT), TEXT("Will send"));
    if (start->wrong[0]) {
        canvas_put(canvas, row, 16, canvas->cols - 17, STYLE(ROLE_BAD), text_of(start->wrong));
        return;
    }
    struct buffer text = {0};
    if (start->requests) {
        buffer_printf(&text, "%s requests in %u level%s, about ",
                      figure_count((double)start->requests).text, start->levels,
                      start->levels == 1 ? "" : "s");
        estimate_format(start->seconds, &text);
        buffer_add_string(&text, ", into results/");
    } else {
        buffer_add_string(&text, "a dataset too large to look at here, into results/");
    }
    canvas_put(canvas, row, 16, canvas->cols - 17, STYLE(ROLE_TITLE), buffer_text(&text));
    buffer_free(&text);
}

static void draw_choices(const struct start *start, struct canvas *canvas, int row, int rows)
{
    char runs[96];
    if (start->saved)
        snprintf(runs, sizeof runs, "open a finished run (%u here, the last %s)", start->saved,
                 start->newest);
    else
        snprintf(runs, sizeof runs, "open a finished run (none here yet)");
    const struct {
        const char *key, *text;
    } choices[] = {
        {"Enter", "start it"},
        {"d", "demo: built-in server with a prefix cache; 20 s, needs nothing"},
        {"v", runs},
        {"s", "look again for servers on this machine: ports 8000 8080 11434 30000"},
    };
    struct style key = {.role = ROLE_KEY, .flags = STYLE_BOLD};
    for (int i = 0; i < (int)ARRAY_SIZE(choices) && i < rows; i++) {
        canvas_put(canvas, row + i, 2, 6, key, text_of(choices[i].key));
        canvas_put_cut(canvas, row + i, 9, canvas->cols - 10, STYLE(ROLE_TEXT),
                       text_of(choices[i].text));
    }
}

/* Each line but the last ends with a backslash, so that it can be copied. */
static void draw_command(const struct start *start, struct canvas *canvas, struct rect rect)
{
    struct buffer text = {0};
    start_command(start, &text);
    struct text rest = buffer_text(&text);
    for (int i = 0; rest.size && i < rect.rows; i++) {
        int indent = i ? 9 : 0, room = rect.cols - indent - 2;
        struct text line = text_cut(rest, room);
        bool last = line.size == rest.size;
        for (size_t at = line.size; !last && at > 1; at--)
            if (rest.data[at - 1] == ' ' && rest.data[at] == '-') {
                line.size = at - 1;
                break;
            }
        int used =
            canvas_put(canvas, rect.row + i, rect.col + indent, room, STYLE(ROLE_TEXT), line);
        if (!last)
            canvas_put(canvas, rect.row + i, rect.col + indent + used, 2, STYLE(ROLE_DIM),
                       TEXT(" \\"));
        rest = text_trim((struct text){rest.data + line.size, rest.size - line.size});
    }
    buffer_free(&text);
}

static const char *hints_of(const struct start *start)
{
    return start->focus < 0
               ? "Enter start  q quit  Tab fields  d demo  v open a run  s look again"
               : "Enter start  Tab next field  type to replace  ← → to edit  Esc leave";
}

/* A terminal of a few rows: the field at hand, or what can be done. */
static void draw_small(const struct start *start, struct canvas *canvas)
{
    if (start->focus >= 0)
        field_draw(&start->fields[start->focus], canvas, 0, 0, canvas->cols, LABEL_COLS, true);
    else
        draw_command(start, canvas,
                     (struct rect){0, 1, canvas->rows >= 9 ? 4 : 1, canvas->cols - 2});
    if (canvas->rows >= 10 && start->focus < 0)
        draw_choices(start, canvas, 5, canvas->rows - 6);
    if (canvas->rows > 2 && start->wrong[0])
        canvas_put(canvas, 1, 1, canvas->cols - 2, STYLE(ROLE_BAD), text_of(start->wrong));
    if (canvas->rows > 1)
        canvas_hints(canvas, canvas->rows - 1, hints_of(start));
}

void start_draw(void *page, struct canvas *canvas)
{
    struct start *start = page;
    int cols = canvas->cols, rows = canvas->rows;
    canvas_clear(canvas);
    if (cols < 78 || rows < 15) {
        draw_small(start, canvas);
        return;
    }
    canvas_printf(canvas, 0, 1, cols - 2, STYLE(ROLE_TITLE), "fluxperf %s", FLUXPERF_VERSION);
    canvas_put_right(canvas, 0, 1, cols - 2, STYLE(ROLE_DIM), TEXT("no run yet"));
    canvas_rule(canvas, 2, 0, cols, "start a run", NULL);
    for (int i = 0; i < START_FIELD_COUNT; i++)
        field_draw(&start->fields[i], canvas, 3 + places[i].line, places[i].col, places[i].cols,
                   places[i].col == 1    ? LABEL_COLS
                   : places[i].col == 31 ? 10
                                         : 12,
                   start->focus == i);
    draw_server(start, canvas, 3);
    draw_dataset(start, canvas, 5);
    draw_total(start, canvas, 9);
    canvas_rule(canvas, 10, 0, cols, NULL, NULL);
    draw_choices(start, canvas, 12, rows - 13);
    if (rows >= 20) {
        canvas_put(canvas, 17, 2, cols - 4, STYLE(ROLE_DIM),
                   TEXT("The same run without this screen:"));
        draw_command(start, canvas, (struct rect){18, 2, rows >= 24 ? 3 : 1, cols - 4});
    }
    if (rows >= 24)
        canvas_put(canvas, 22, 2, cols - 4, STYLE(ROLE_DIM),
                   TEXT("Before Enter nothing is sent but GETs of models, version and metrics."));
    canvas_hints(canvas, rows - 1, hints_of(start));
}
