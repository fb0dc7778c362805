#include "ui/request_row.h"

#include "base/statistics.h"
#include "result/metric.h"
#include "result/summary.h"
#include "ui/cache_figures.h"

static double ms_of(const struct record *record, enum metric_id id)
{
    uint64_t ns;
    return record && metrics_table[id].value(record, &ns) ? (double)ns / NS_PER_MS : NO_VALUE;
}

static double ms_between(uint64_t from_ns, uint64_t to_ns)
{
    return from_ns && to_ns > from_ns ? (double)(to_ns - from_ns) / NS_PER_MS : NO_VALUE;
}

static uint32_t sample_of(const struct request_row *row)
{
    return row->record ? row->record->sample : row->flight->sample;
}

static uint16_t turn_of(const struct request_row *row)
{
    return row->record ? row->record->turn : row->flight->turn;
}

static double value_index(const struct request_row *row)
{
    return row->record ? row->record->index : row->flight->request;
}

static double value_turn(const struct request_row *row)
{
    return turn_of(row);
}

static double value_round(const struct request_row *row)
{
    return row->round->number;
}

static double value_sample(const struct request_row *row)
{
    return sample_of(row);
}

static double value_ttft(const struct request_row *row)
{
    const struct flight *flight = row->flight;
    if (!flight)
        return ms_of(row->record, METRIC_TTFT);
    return ms_between(flight->sent_ns,
                      flight->first_token_ns ? flight->first_token_ns : row->now_ns);
}

static double value_itl(const struct request_row *row)
{
    const struct flight *flight = row->flight;
    if (!flight)
        return ms_of(row->record, METRIC_ITL);
    return flight->tokens > 1
               ? ms_between(flight->first_token_ns, flight->last_ns) / (flight->tokens - 1)
               : NO_VALUE;
}

static double value_gap(const struct request_row *row)
{
    return row->record && row->record->longest_gap_us ? row->record->longest_gap_us / 1e3
                                                      : NO_VALUE;
}

static double value_latency(const struct request_row *row)
{
    if (!row->record)
        return ms_between(row->flight->sent_ns, row->now_ns);
    return record_succeeded(row->record) ? ms_of(row->record, METRIC_LATENCY) : NO_VALUE;
}

static double value_input(const struct request_row *row)
{
    const struct record *record = row->record ? row->record : row->other;
    bool estimated;
    return record ? record_input_tokens(record, &estimated) : NO_VALUE;
}

static double value_output(const struct request_row *row)
{
    bool estimated;
    if (row->record)
        return row->record->chunks ? record_output_tokens(row->record, &estimated) : NO_VALUE;
    return row->flight->tokens ? row->flight->tokens : NO_VALUE;
}

static double value_cached(const struct request_row *row)
{
    return row->record ? 100 * record_cached_share(row->record) : NO_VALUE;
}

static double value_faster(const struct request_row *row)
{
    if (row->flight && !row->flight->first_token_ns)
        return NO_VALUE;
    double other_ms = ms_of(row->other, METRIC_TTFT), ttft_ms = value_ttft(row);
    return row->round->number == 1 ? ttft_ms / other_ms : other_ms / ttft_ms;
}

static double value_missed(const struct request_row *row)
{
    bool missed[SLO_LIMIT_COUNT] = {false};
    if (!row->record || !record_succeeded(row->record))
        return NO_VALUE;
    record_meets_slo(row->record, &row->run->slo, row->level->rate > 0.0, missed);
    double count = 0;
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++)
        count += missed[i];
    return count;
}

static double value_state(const struct request_row *row)
{
    if (!row->record)
        return row->flight->first_token_ns ? 1 : 0;
    return 2 + row->record->error;
}

static double value_queue(const struct request_row *row)
{
    return ms_of(row->record, METRIC_QUEUE);
}

static double value_connect(const struct request_row *row)
{
    return ms_of(row->record, METRIC_CONNECT);
}

static double value_user_ttft(const struct request_row *row)
{
    return ms_of(row->record, METRIC_USER_TTFT);
}

static double value_status(const struct request_row *row)
{
    return row->record && row->record->http_status ? row->record->http_status : NO_VALUE;
}

static double value_attempts(const struct request_row *row)
{
    return row->record ? row->record->attempts : NO_VALUE;
}

const struct request_value_row request_values[REQUEST_VALUE_COUNT] = {
    [VALUE_INDEX] = {"#", "", value_index},
    [VALUE_TURN] = {"turn", "", value_turn},
    [VALUE_ROUND] = {"round", "", value_round},
    [VALUE_TTFT] = {"ttft", "ms", value_ttft},
    [VALUE_ITL] = {"itl", "ms", value_itl},
    [VALUE_GAP] = {"gap", "ms", value_gap},
    [VALUE_LATENCY] = {"latency", "ms", value_latency},
    [VALUE_INPUT] = {"in", "", value_input},
    [VALUE_OUTPUT] = {"out", "", value_output},
    [VALUE_CACHED] = {"cached", "%", value_cached},
    [VALUE_FASTER] = {"faster", "", value_faster},
    [VALUE_QUEUE] = {"queue", "ms", value_queue},
    [VALUE_CONNECT] = {"connect", "ms", value_connect},
    [VALUE_USER_TTFT] = {"user", "ms", value_user_ttft},
    [VALUE_STATUS] = {"status", "", value_status},
    [VALUE_ATTEMPTS] = {"attempts", "", value_attempts},
    [VALUE_SAMPLE] = {"row", "", value_sample},
    [VALUE_MISSED] = {"missed", "", value_missed},
    [VALUE_STATE] = {"state", "", value_state},
};

uint16_t request_turns(const struct request_row *row)
{
    uint16_t turns = turn_of(row);
    while (run_find_question(row->run, row->level, sample_of(row), (uint16_t)(turns + 1)))
        turns++;
    return turns;
}

const char *request_state(const struct request_row *row)
{
    if (!row->record)
        return row->flight->first_token_ns ? "streaming" : "waiting";
    return record_succeeded(row->record) ? "ok" : error_class_name(row->record->error);
}

const char *request_missed(const struct request_row *row)
{
    static const char *const titles[SLO_LIMIT_COUNT] = {"TTFT", "ITL", "lat.", "tok/s"};
    bool missed[SLO_LIMIT_COUNT] = {false};
    if (!row->record || !record_succeeded(row->record) ||
        record_meets_slo(row->record, &row->run->slo, row->level->rate > 0.0, missed))
        return NULL;
    for (size_t i = 0; i < SLO_LIMIT_COUNT; i++)
        if (missed[i])
            return titles[i];
    return NULL;
}

struct text request_prompt(const struct request_row *row)
{
    const struct prompt *prompt =
        run_find_question(row->run, row->level, sample_of(row), turn_of(row));
    return prompt && prompt->text ? text_of(prompt->text) : (struct text){NULL, 0};
}
