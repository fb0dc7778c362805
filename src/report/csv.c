/* metrics_summary.csv: the guide's layout, a column for each round. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/csv.h"
#include "report/names.h"
#include "report/server_rows.h"
#include "result/summary.h"

void csv_field(struct buffer *out, struct text field)
{
    bool quoted = false;
    for (size_t i = 0; i < field.size; i++)
        quoted |= strchr(",\"\r\n", field.data[i]) != NULL;
    if (!quoted) {
        buffer_add_text(out, field);
        return;
    }
    buffer_add_char(out, '"');
    for (size_t i = 0; i < field.size; i++) {
        if (field.data[i] == '"')
            buffer_add_char(out, '"');
        buffer_add_char(out, field.data[i]);
    }
    buffer_add_char(out, '"');
}

bool csv_take_field(struct text *line, struct buffer *field)
{
    bool quoted = false;
    size_t at = 0;
    buffer_clear(field);
    if (line->size == 0)
        return false;
    for (; at < line->size && (quoted || line->data[at] != ','); at++) {
        bool quote = line->data[at] == '"';
        /* Two of them inside quotes are one. */
        if (!quote || (!quoted && at > 0 && line->data[at - 1] == '"'))
            buffer_add_char(field, line->data[at]);
        quoted ^= quote;
    }
    at += at < line->size;
    *line = (struct text){line->data + at, line->size - at};
    return true;
}

void csv_number(struct buffer *out, double value, int decimals)
{
    if (isfinite(value))
        buffer_printf(out, "%.*f", decimals, value);
}

/* One row below a section's title. */
struct row {
    const char *name;
    double (*value)(const struct summary *summary);
    int decimals;
};

static double share_percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : NO_VALUE;
}

static double token_throughput(const struct summary *summary)
{
    return summary->token_throughput;
}

static double request_throughput(const struct summary *summary)
{
    return summary->request_throughput;
}

static double slo_requests(const struct summary *summary)
{
    return summary->has_slo ? summary->slo_met_requests : NO_VALUE;
}

static double slo_requests_percent(const struct summary *summary)
{
    uint32_t judged = summary->counts.succeeded + summary->counts.failed;
    return summary->has_slo ? share_percent(summary->slo_met_requests, judged) : NO_VALUE;
}

static double slo_tokens(const struct summary *summary)
{
    return summary->has_slo ? (double)summary->slo_met_tokens : NO_VALUE;
}

static double slo_tokens_percent(const struct summary *summary)
{
    return summary->has_slo ? share_percent(summary->slo_met_tokens, summary->received_tokens)
                            : NO_VALUE;
}

static double goodput_tokens(const struct summary *summary)
{
    return summary->goodput_tokens_per_s;
}

static double goodput_requests(const struct summary *summary)
{
    return summary->goodput_requests_per_s;
}

static double total(const struct summary *summary)
{
    return summary->counts.planned;
}

static double succeeded(const struct summary *summary)
{
    return summary->counts.succeeded;
}

static double failed(const struct summary *summary)
{
    return summary->counts.failed;
}

static double cancelled(const struct summary *summary)
{
    return summary->counts.cancelled;
}

static double not_sent(const struct summary *summary)
{
    return summary->counts.not_sent;
}

static double duration(const struct summary *summary)
{
    return summary->duration_s;
}

static double input_tokens(const struct summary *summary)
{
    return summary->avg_input_tokens;
}

static double output_tokens(const struct summary *summary)
{
    return summary->avg_output_tokens;
}

static double cached_percent(const struct summary *summary)
{
    return summary->cached_share * 100.0;
}

static const struct row throughput_rows[] = {
    {"Token Throughput (tokens/sec)", token_throughput, 2},
    {"Request Throughput (requests/sec)", request_throughput, 2},
};

static const struct row goodput_rows[] = {
    {"Requests Meeting SLO", slo_requests, 0},
    {"Requests Meeting SLO (%)", slo_requests_percent, 2},
    {"Tokens Meeting SLO", slo_tokens, 0},
    {"Tokens Meeting SLO (%)", slo_tokens_percent, 2},
    {"Goodput (tokens/sec)", goodput_tokens, 2},
    {"Goodput (requests/sec)", goodput_requests, 2},
};

static const struct row request_rows[] = {
    {"Total Requests", total, 0},
    {"Success", succeeded, 0},
    {"Failed", failed, 0},
    {"Cancelled", cancelled, 0},
    {"Not Sent", not_sent, 0},
    {"Test Duration (seconds)", duration, 2},
    {"Average Input Tokens", input_tokens, 1},
    {"Average Output Tokens", output_tokens, 1},
    {"Cached Input Tokens (%)", cached_percent, 2},
};

static const struct {
    const char *title;
    const struct row *rows;
    size_t count;
} sections[] = {
    {"Throughput", throughput_rows, ARRAY_SIZE(throughput_rows)},
    {"Goodput", goodput_rows, ARRAY_SIZE(goodput_rows)},
    {"Requests", request_rows, ARRAY_SIZE(request_rows)},
};

static void add_section(struct buffer *out, const struct summary *summaries, size_t count,
                        size_t section)
{
    buffer_printf(out, "\n%s\n", sections[section].title);
    for (size_t i = 0; i < sections[section].count; i++) {
        const struct row *row = &sections[section].rows[i];
        buffer_add_string(out, row->name);
        for (size_t column = 0; column < count; column++) {
            buffer_add_char(out, ',');
            csv_number(out, row->value(&summaries[column]), row->decimals);
        }
        buffer_add_char(out, '\n');
    }
}

/* A level may have had one of its own. */
static void add_datasets(struct buffer *out, const struct run *run)
{
    buffer_add_string(out, "Dataset");
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++) {
            buffer_add_char(out, ',');
            csv_field(out, text_of(run_level_dataset(run, run->levels[l])->name));
        }
    buffer_add_char(out, '\n');
}

static void add_metric(struct buffer *out, const struct summary *summaries, size_t count,
                       enum metric_id id)
{
    buffer_printf(out, "\n%s (ms)\n", metrics_table[id].title);
    for (size_t i = 0; i < STATISTIC_COUNT; i++) {
        if (!statistics_table[i].in_guide)
            continue;
        buffer_add_string(out, statistics_table[i].csv_title);
        for (size_t column = 0; column < count; column++) {
            buffer_add_char(out, ',');
            csv_number(out,
                       statistics_get(&summaries[column].metrics[id], &statistics_table[i]) /
                           NS_PER_MS,
                       2);
        }
        buffer_add_char(out, '\n');
    }
}

/* One metric of the server: a row for each statistic, a column for each round. */
static void add_server_metric(struct buffer *out, const struct server_rows *rounds, size_t count,
                              uint32_t index)
{
    char title[SERVER_ROW_TITLE_SIZE];
    server_row_title(rounds[0].rows[index].watched, title);
    buffer_add_char(out, '\n');
    csv_field(out, text_of(title));
    buffer_add_char(out, '\n');
    for (size_t i = 0; i < STATISTIC_COUNT; i++) {
        const struct statistic *which = &statistics_table[i];
        if (!which->in_guide)
            continue;
        bool median = strcmp(which->key, "p50") == 0;
        buffer_add_string(out, median ? which->title : which->csv_title);
        for (size_t column = 0; column < count; column++) {
            buffer_add_char(out, ',');
            csv_number(out, statistics_get(&rounds[column].rows[index].round.statistics, which), 4);
        }
        buffer_add_char(out, '\n');
    }
}

static void add_server(struct buffer *out, const struct server_rows *rounds, size_t count)
{
    if (count == 0 || rounds[0].count == 0)
        return;
    buffer_add_string(out, "\nPrometheus Metrics\n");
    for (uint32_t i = 0; i < rounds[0].count; i++)
        add_server_metric(out, rounds, count, i);
}

static size_t count_rounds(const struct run *run)
{
    size_t count = 0;
    for (uint32_t l = 0; l < run->level_count; l++)
        count += run->levels[l]->round_count;
    return count;
}

void csv_summary(struct buffer *out, const struct run *run)
{
    struct summary *summaries = xcalloc(count_rounds(run), sizeof *summaries);
    struct server_rows *server = xcalloc(count_rounds(run), sizeof *server);
    size_t count = 0;
    buffer_add_string(out, "Metric/Round");
    for (uint32_t l = 0; l < run->level_count; l++)
        for (uint32_t r = 0; r < run->levels[l]->round_count; r++) {
            const struct level *level = run->levels[l];
            char *column = round_column_name(run, level, &level->rounds[r]);
            buffer_printf(out, ",%s", column);
            free(column);
            server[count] = server_rows_make(run, level, &level->rounds[r], false);
            summary_make(&summaries[count++], run, level, &level->rounds[r]);
        }
    buffer_add_char(out, '\n');
    for (unsigned id = 0; id < METRIC_COUNT; id++)
        if (metrics_table[id].in_table)
            add_metric(out, summaries, count, (enum metric_id)id);
    for (size_t section = 0; section < ARRAY_SIZE(sections); section++)
        add_section(out, summaries, count, section);
    add_datasets(out, run);
    add_server(out, server, count);
    for (size_t column = 0; column < count; column++) {
        summary_free(&summaries[column]);
        server_rows_free(&server[column]);
    }
    free(server);
    free(summaries);
}
