/* A page of any bytes is read to its end; what was read, written out plainly, reads back the same.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "telemetry/exposition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool holds)
{
    if (!holds)
        abort();
}

/* Every label by the iterator, so that its idea of the braces is the reader's. */
static void write_plain(struct buffer *out, const struct exposition_sample *sample)
{
    struct text labels = sample->labels, name, value;
    buffer_add_string(out, "{\"");
    buffer_add_text(out, sample->name);
    buffer_add_string(out, "\"");
    while (exposition_next_label(&labels, &name, &value)) {
        buffer_add_string(out, ",\"");
        buffer_add_text(out, name);
        buffer_add_string(out, "\"=\"");
        buffer_add_text(out, value);
        buffer_add_char(out, '"');
        exposition_unescape(&(struct buffer){0}, (struct text){value.data, 0});
    }
    need(labels.size == 0);
    buffer_printf(out, "} %.17g\n", sample->value);
}

static void read_again(const struct exposition_sample *first)
{
    struct buffer plain = {0}, again = {0};
    struct exposition_sample second;
    write_plain(&plain, first);
    struct exposition exposition = exposition_begin(buffer_text(&plain));
    need(exposition_next(&exposition, &second));
    need(text_equal(first->name, second.name));
    need((isnan(first->value) && isnan(second.value)) ||
         (first->value <= second.value && first->value >= second.value));
    write_plain(&again, &second);
    need(text_equal(buffer_text(&plain), buffer_text(&again)));
    need(!exposition_next(&exposition, &second) && exposition.broken == 0);
    buffer_free(&plain);
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of its own size, so that a byte read beyond it is seen. */
    char *copy = malloc(size + !size);
    if (size)
        memcpy(copy, data, size);
    struct exposition exposition = exposition_begin((struct text){copy, size});
    struct exposition_sample sample;
    while (exposition_next(&exposition, &sample)) {
        need(sample.name.data >= copy && sample.name.data + sample.name.size <= copy + size);
        read_again(&sample);
    }
    need(exposition.rest.size == 0);
    free(copy);
    return 0;
}
