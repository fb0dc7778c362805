/* The table of one round. */
#include "report/table.h"

#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "report/advice.h"
#include "report/page.h"
#include "report/remarks.h"
#include "report/table_server.h"
#include "report/table_turns.h"

#define GUIDE_NAME_WIDTH   28
#define GUIDE_FIGURE_WIDTH 12

struct table_style table_style_for(int fd, bool ascii)
{
    struct winsize size = {0};
    bool terminal = isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0;
    return (struct table_style){
        .utf8 = !ascii && strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .columns = terminal ? (size.ws_col ? size.ws_col : 80) : 0,
    };
}

/* ---- the box: a column for each statistic that has room ---- */

struct box_row {
    char name[SERVER_ROW_TITLE_SIZE];
    struct statistics statistics; /* in the unit that the name tells, else in ns */
    bool of_server;
};

struct box {
    struct page *page;
    struct box_row *rows;
    size_t row_count;
    bool has_column[STATISTIC_COUNT];
    bool short_names; /* the unit stands in the head, not in each row */
    bool fitted;      /* to a terminal: as wide as it needs, figures to the right */
};

/* Bytes and counts of millions have no use for four decimals where room is short. */
static struct figure box_figure(const struct box *box, size_t row, size_t column)
{
    const struct statistics *statistics = &box->rows[row].statistics;
    double value = statistics_get(statistics, &statistics_table[column]);
    if (!box->rows[row].of_server)
        return figure_of(value / NS_PER_MS, 2);
    return figure_of(value, box->fitted && fabs(value) >= 1000.0 ? 0 : 4);
}

static const char *box_name(const struct box *box, size_t row)
{
    return box->rows[row].name;
}

static void box_add_metrics(struct box *box, const struct summary *summary,
                            const enum metric_id *ids, size_t count)
{
    box->rows = xreallocarray(box->rows, box->row_count + count, sizeof *box->rows);
    for (size_t i = 0; i < count; i++) {
        struct box_row *row = &box->rows[box->row_count++];
        *row = (struct box_row){.statistics = summary->metrics[ids[i]]};
        snprintf(row->name, sizeof row->name, "%s (ms)", metrics_table[ids[i]].title);
    }
}

static void box_add_server(struct box *box, const struct server_rows *rows)
{
    box->rows = xreallocarray(box->rows, box->row_count + rows->count, sizeof *box->rows);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct box_row *row = &box->rows[box->row_count++];
        *row = (struct box_row){.statistics = rows->rows[i].round.statistics, .of_server = true};
        server_row_title(rows->rows[i].watched, row->name);
    }
}

/* The unit goes to the head, where all rows have the same. */
static void box_shorten_names(struct box *box)
{
    box->short_names = true;
    for (size_t i = 0; i < box->row_count; i++)
        box->short_names &= !box->rows[i].of_server;
    for (size_t i = 0; i < box->row_count && box->short_names; i++)
        box->rows[i].name[strlen(box->rows[i].name) - strlen(" (ms)")] = '\0';
}

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t name_width(const struct box *box)
{
    size_t width = box->fitted ? 0 : GUIDE_NAME_WIDTH;
    for (size_t row = 0; row < box->row_count; row++)
        width = max_size(width, text_width(text_of(box_name(box, row))));
    return width;
}

static size_t figure_width(const struct box *box, size_t column)
{
    size_t width = box->fitted ? strlen(statistics_table[column].title) : GUIDE_FIGURE_WIDTH;
    for (size_t row = 0; row < box->row_count; row++)
        width = max_size(width, strlen(box_figure(box, row, column).text));
    return width;
}

static size_t box_width(const struct box *box)
{
    size_t width = name_width(box) + 4;
    for (size_t column = 0; column < STATISTIC_COUNT; column++)
        if (box->has_column[column])
            width += figure_width(box, column) + 3;
    return width;
}

static void box_choose_guide(struct box *box)
{
    for (size_t column = 0; column < STATISTIC_COUNT; column++)
        box->has_column[column] = statistics_table[column].in_guide;
}

static size_t column_of(const char *key)
{
    size_t column = 0;
    while (strcmp(statistics_table[column].key, key) != 0)
        column++;
    return column;
}

/* Everything where there is room; then P95 goes, the unit moves to the head, and columns go. */
static void box_fit(struct box *box, size_t columns)
{
    static const char *const dispensable[] = {"stddev", "p90", "min", "max", "avg"};
    box->fitted = true;
    box_choose_guide(box);
    box->has_column[column_of("p95")] = true;
    if (box_width(box) <= columns)
        return;
    box->has_column[column_of("p95")] = false;
    if (box_width(box) > columns)
        box_shorten_names(box);
    for (size_t i = 0; i < ARRAY_SIZE(dispensable) && box_width(box) > columns; i++)
        box->has_column[column_of(dispensable[i])] = false;
}

static void box_line(const struct box *box, const char *left, const char *cross, const char *right)
{
    page_printf(box->page, "%s", left);
    for (size_t i = 0; i < name_width(box) + 2; i++)
        page_printf(box->page, "─");
    for (size_t column = 0; column < STATISTIC_COUNT; column++) {
        if (!box->has_column[column])
            continue;
        page_printf(box->page, "%s", cross);
        for (size_t i = 0; i < figure_width(box, column) + 2; i++)
            page_printf(box->page, "─");
    }
    page_printf(box->page, "%s\n", right);
}

static void box_cell(const struct box *box, size_t column, const char *text)
{
    int width = (int)figure_width(box, column);
    page_printf(box->page, " %*s │", box->fitted ? width : -width, text);
}

/* The same cells, in the notation of markdown. */
static void box_print_grid(const struct box *box)
{
    struct grid grid;
    grid_init(&grid, box->page, STATISTIC_COUNT + 1);
    grid_add(&grid, "%s", box->short_names ? "ms" : "Metric");
    for (size_t column = 0; column < STATISTIC_COUNT; column++)
        grid_add(&grid, "%s", statistics_table[column].title);
    for (size_t row = 0; row < box->row_count; row++) {
        grid_add(&grid, "%s", box_name(box, row));
        for (size_t column = 0; column < STATISTIC_COUNT; column++)
            grid_add(&grid, "%s", box_figure(box, row, column).text);
    }
    grid_print(&grid, 0, 1);
}

static void box_print(const struct box *box)
{
    if (box->page->style.markdown) {
        box_print_grid(box);
        return;
    }
    int width = (int)name_width(box);
    page_printf(box->page, "│ %-*s │", width, box->short_names ? "ms" : "Metric");
    for (size_t column = 0; column < STATISTIC_COUNT; column++)
        if (box->has_column[column])
            box_cell(box, column, statistics_table[column].title);
    page_printf(box->page, "\n");
    box_line(box, "├", "┼", "┤");
    for (size_t row = 0; row < box->row_count; row++) {
        page_printf(box->page, "│ %-*s │", width, box_name(box, row));
        for (size_t column = 0; column < STATISTIC_COUNT; column++)
            if (box->has_column[column])
                box_cell(box, column, box_figure(box, row, column).text);
        page_printf(box->page, "\n");
    }
    box_line(box, "└", "┴", "┘");
}

/* ---- around it ---- */

static void print_title(struct page *page, const struct level *level, const struct round *round)
{
    if (page->style.markdown) {
        page_heading(page, 3, "%s, round %u", level->label, round->number);
        return;
    }
    /* The label knows of changes by hand, as in "C=10→12". */
    if (level->rate > 0.0)
        page_printf(page, "Request Rate: %s", level->label);
    else
        page_printf(page, "Concurrency: %s",
                    level->label[0] == 'C' ? level->label + 2 : level->label);
    if (level->rate > 0.0 && level->concurrency > 0)
        page_printf(page, " | Concurrency: at most %u", level->concurrency);
    page_printf(page, " | Round %u Performance Metrics\n", round->number);
}

static void print_counts(struct page *page, const struct summary *summary)
{
    const struct round_counts *counts = &summary->counts;
    page_printf(page, "Total Requests: %u | Success: %u | Failed: %u", counts->planned,
                counts->succeeded, counts->failed);
    if (counts->cancelled)
        page_printf(page, " | Cancelled: %u", counts->cancelled);
    if (counts->not_sent)
        page_printf(page, " | Not Sent: %u", counts->not_sent);
    page_printf(page, " | Test Duration: %.2f seconds\n", summary->duration_s);
    page_printf(page, "Average Input Tokens: %s%s | Average Output Tokens: %s%s\n",
                summary->input_estimated ? "≈" : "", figure_of(summary->avg_input_tokens, 1).text,
                summary->output_estimated ? "≈" : "",
                figure_of(summary->avg_output_tokens, 1).text);
}

static void print_throughput(struct page *page, const struct summary *summary)
{
    page_printf(page, "\nThroughput:\n");
    page_printf(page, "  Token Throughput: %s%s tokens/sec\n", summary->output_estimated ? "≈" : "",
                figure_of(summary->token_throughput, 2).text);
    page_printf(page, "  Request Throughput: %s requests/sec\n",
                figure_of(summary->request_throughput, 2).text);
}

static void print_missed(struct page *page, const struct summary *summary)
{
    const char *before = "  Missed: ";
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++) {
        if (summary->slo_missed[i] == 0)
            continue;
        page_printf(page, "%s%s %u", before, slo_limits[i].title, summary->slo_missed[i]);
        before = ", ";
    }
    if (before[0] == ',')
        page_printf(page, "\n");
}

static void print_goodput(struct page *page, const struct summary *summary)
{
    if (!summary->has_slo)
        return;
    uint32_t judged = summary->counts.succeeded + summary->counts.failed;
    double requests = judged ? 100.0 * summary->slo_met_requests / judged : NO_VALUE;
    double tokens = summary->received_tokens
                        ? 100.0 * (double)summary->slo_met_tokens / (double)summary->received_tokens
                        : NO_VALUE;
    page_printf(page, "\nGoodput (SLO):\n");
    page_printf(page, "  Requests Meeting SLO: %u / %u (%s%%)\n", summary->slo_met_requests, judged,
                figure_of(requests, 2).text);
    page_printf(page, "  Tokens Meeting SLO: %lu / %lu (%s%%)\n",
                (unsigned long)summary->slo_met_tokens, (unsigned long)summary->received_tokens,
                figure_of(tokens, 2).text);
    page_printf(page, "  Goodput: %s tokens/sec\n",
                figure_of(summary->goodput_tokens_per_s, 2).text);
    print_missed(page, summary);
}

static void print_advice(struct page *page, const struct run *run, const struct level *level,
                         const struct round *round, const struct summary *summary)
{
    struct advice advice;
    advice_make(&advice, run, level, round, summary);
    if (advice.count)
        page_printf(page, "\nAdvice:\n");
    for (size_t i = 0; i < advice.count; i++)
        page_paragraph(page, 2, advice.sentences[i]);
    advice_free(&advice);
}

void table_round(struct buffer *out, const struct run *run, const struct level *level,
                 const struct round *round, struct table_style style)
{
    /* Under open loop the user's times count from the planned instant. */
    static const enum metric_id rows[] = {METRIC_TTFT, METRIC_ITL, METRIC_LATENCY, METRIC_USER_TTFT,
                                          METRIC_USER_LATENCY};
    struct page page = page_begin(out, style);
    struct summary summary;
    summary_make(&summary, run, level, round);
    struct server_rows server = server_rows_make(run, level, round, true);
    struct box box = {.page = &page};
    box_add_metrics(&box, &summary, rows, level->rate > 0.0 ? ARRAY_SIZE(rows) : 3);
    box_add_server(&box, &server);
    if (style.markdown)
        box_shorten_names(&box);
    if (style.columns)
        box_fit(&box, (size_t)style.columns);
    else
        box_choose_guide(&box);
    size_t width = box_width(&box);

    page_rule(&page, "=", width);
    print_title(&page, level, round);
    page_rule(&page, "=", width);
    print_counts(&page, &summary);
    page_rule(&page, "-", width);
    box_print(&box);
    print_throughput(&page, &summary);
    print_goodput(&page, &summary);
    if (!round->kept)
        table_turns(&page, run, level, round);
    table_server(&page, run, &server);
    remarks_print(&page, run, level, round, &summary);
    if (run->insecure)
        page_printf(&page, "The server's certificate was not verified (--insecure)\n");
    if (run->clock_rate > 1)
        page_printf(&page,
                    "The clock was driven %u times as fast (FLUXPERF_CLOCK_RATE): a test of "
                    "fluxperf, not of a server\n",
                    run->clock_rate);
    if (round->kept)
        page_printf(&page, "Its requests are in the journal: fluxperf export --format text shows "
                           "all that is known of it, when the run is over\n");
    else
        print_advice(&page, run, level, round, &summary);
    page_printf(&page, "\n");
    page_end(&page);
    server_rows_free(&server);
    free(box.rows);
    summary_free(&summary);
}
