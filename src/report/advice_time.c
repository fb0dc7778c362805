/* Requests that ran out of time, by phase, and how much they need. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/advice_facts.h"

#define TIMEOUT_MARGIN 1.2

static bool timed_out(const struct advice_facts *facts, enum error_class class, uint32_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < facts->summary->error_count; i++)
        if (facts->summary->errors[i].class == class)
            *count += facts->summary->errors[i].count;
    return *count > 0;
}

static uint32_t timed_out_before_a_token(const struct round *round)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < round_record_count(round); i++)
        count += round->records[i].error == ERR_TIMEOUT_TOTAL && !round->records[i].first_token_ns;
    return count;
}

/* Of all requests that got so far, those that timed out too. */
static double p99_of_all_ms(const struct round *round, enum metric_id id)
{
    uint32_t all = round_record_count(round);
    uint64_t *values = xcalloc(all, sizeof *values);
    size_t count = 0;
    for (uint32_t i = 0; i < all; i++)
        count += metrics_table[id].value(&round->records[i], &values[count]);
    double p99 = advice_ms(statistics_of(values, count).p99);
    free(values);
    return p99;
}

static void say_time_needed(const struct advice_facts *facts, struct buffer *out)
{
    double tokens = NO_VALUE, ttft_ms = p99_of_all_ms(facts->round, METRIC_TTFT);
    double itl_ms = p99_of_all_ms(facts->round, METRIC_ITL);
    advice_option_number(facts, "max_output_tokens", &tokens);
    double need_s = (ttft_ms + tokens * itl_ms) / 1000.0;
    if (isfinite(need_s))
        buffer_printf(out,
                      ": TTFT P99 and %.0f tokens at ITL P99 take %.3g s here, so give --timeout "
                      "%.0f or more, or ask for fewer tokens",
                      tokens, need_s, ceil(need_s * TIMEOUT_MARGIN));
    else if (isfinite(itl_ms))
        buffer_printf(out, ": replies have no limit here. Bound them with --max-output-tokens, or "
                           "raise --timeout");
    else
        buffer_printf(out, ": try one request with -n 1 -c 1 and a long --timeout, to see how long "
                           "it takes");
}

void advice_say_timeout(const struct advice_facts *facts, struct buffer *out)
{
    uint32_t count;
    double limit_s;
    if (!timed_out(facts, ERR_TIMEOUT_TOTAL, &count))
        return;
    uint32_t before = timed_out_before_a_token(facts->round);
    buffer_printf(out, "%u ran out of time", count);
    if (advice_option_number(facts, "timeout", &limit_s))
        buffer_printf(out, " (--timeout %g)", limit_s);
    if (before == count)
        buffer_printf(out, ", all before the first token");
    else if (before)
        buffer_printf(out, ", %u of them before the first token", before);
    else
        buffer_printf(out, ", all while tokens came");
    say_time_needed(facts, out);
}

void advice_say_first_token_timeout(const struct advice_facts *facts, struct buffer *out)
{
    uint32_t count;
    double limit_s;
    if (!timed_out(facts, ERR_TIMEOUT_FIRST_TOKEN, &count))
        return;
    buffer_printf(out, "%u got no token in time", count);
    if (advice_option_number(facts, "first_token_timeout", &limit_s))
        buffer_printf(out, " (--first-token-timeout %g)", limit_s);
    buffer_printf(out, ": the server queues them or is still reading the prompt. Lower the load, "
                       "shorten the input, or raise the limit");
}

void advice_say_connect_timeout(const struct advice_facts *facts, struct buffer *out)
{
    uint32_t count;
    if (timed_out(facts, ERR_TIMEOUT_CONNECT, &count))
        buffer_printf(out,
                      "%u could not connect in time: the server's queue for new connections "
                      "is full, or a firewall swallows them. Lower the load, or raise "
                      "--connect-timeout",
                      count);
}
