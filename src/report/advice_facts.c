#include "report/advice_facts.h"

#include <string.h>

#include "report/page.h"

double advice_ms(double ns)
{
    return ns / NS_PER_MS;
}

void advice_add_ms(struct buffer *out, double value)
{
    buffer_printf(out, "%s ms", figure_of(value, value < 100.0 ? 1 : 0).text);
}

void advice_add_sentence(struct buffer *out, const char *words)
{
    if (out->size && out->data[out->size - 1] != '?')
        buffer_add_char(out, '.');
    buffer_printf(out, "%s%s", out->size ? " " : "", words);
}

bool advice_option_number(const struct advice_facts *facts, const char *name, double *value)
{
    struct text text;
    return run_option(facts->run, facts->level, name, &text) && text_to_double(text, value);
}

bool advice_server_metric(const struct advice_facts *facts, const struct round *round,
                          const char *const *names, struct watched_round *out)
{
    const struct samples *samples = &facts->run->samples;
    for (uint32_t i = 0; i < samples_watched_count(samples); i++) {
        const struct watched *watched = samples_watched(samples, i);
        for (size_t n = 0; names[n]; n++) {
            if (watched->kind == WATCHED_ABSENT ||
                (strcmp(watched->key, names[n]) != 0 && strcmp(watched->origin, names[n]) != 0))
                continue;
            samples_round(samples, watched, facts->level->number, round->number, round->start_ns,
                          round->end_ns, out);
            return true;
        }
    }
    return false;
}
