/* Whatever a Prometheus server answers, what we make of it is a page that reads whole. */
#include <stdint.h>
#include <stdlib.h>

#include "telemetry/metrics_page.h"
#include "telemetry/prometheus_api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_answer(struct text answer, const char *name)
{
    struct buffer page = {0};
    struct error error;
    if (page_from_answer(answer, name, &page, &error)) {
        struct exposition exposition = exposition_begin(buffer_text(&page));
        struct exposition_sample sample;
        uint32_t samples = 0;
        while (exposition_next(&exposition, &sample))
            samples++;
        if (name[0] && samples + exposition.broken > exposition.lines)
            abort();
    }
    buffer_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + !size);
    if (size)
        memcpy(copy, data, size);
    struct text text = {copy, size};
    struct catalog catalog = {0};
    read_answer(text, "");
    read_answer(text, "fluxperf:expression_0");
    prometheus_read_names(text, text, &catalog, NULL);
    catalog_free(&catalog);
    free(copy);
    return 0;
}
