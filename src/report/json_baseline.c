#include "report/json_baseline.h"

#include "result/journal_field.h"

static void put_judgement(struct json_writer *json, const struct difference *difference)
{
    bool pairs = difference->comparison.basis == COMPARISON_PAIRS;
    json_put_string(json, "basis", pairs ? "pairs" : "requests");
    json_put_uint(json, "units", difference->comparison.after);
    json_put_real(json, "change_low", difference->change.low, 5);
    json_put_real(json, "change_high", difference->change.high, 5);
    json_put_string(json, "verdict", comparison_word_key(difference->comparison.word));
}

static void put_figure(struct json_writer *json, const struct compare_figure *figure,
                       const struct difference *difference)
{
    int decimals = figure->is_share ? 4 : 2;
    json_key(json, figure->key);
    json_open(json, '{');
    json_put_real(json, "baseline", difference->before, decimals);
    json_put_real(json, "value", difference->now, decimals);
    json_put_real(json, "change", difference->change.change, 5);
    if (difference->comparison.before && difference->comparison.after)
        put_judgement(json, difference);
    json_close(json, '}');
}

void json_baseline(struct json_writer *json, const struct baseline *baseline, const struct run *run,
                   const struct level *level, const struct round *round, const struct summary *now)
{
    struct differences differences;
    json_key(json, "baseline");
    if (!baseline_differences(&differences, baseline, run, level, round, now)) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_put_redacted(json, "directory", run->baseline.directory);
    json_put_bool(json, "same_dataset",
                  run_level_dataset(baseline->run, differences.level)->hash ==
                      run_level_dataset(run, level)->hash);
    json_put_uint(json, "level", differences.level->number);
    json_put_uint(json, "round", differences.round->number);
    json_key(json, "figures");
    json_open(json, '{');
    for (size_t i = 0; i < COMPARE_FIGURE_COUNT; i++)
        if (!compare_figures[i].open_loop_only || level->rate > 0.0)
            put_figure(json, &compare_figures[i], &differences.figures[i]);
    json_close(json, '}');
    json_close(json, '}');
    differences_free(&differences);
}
