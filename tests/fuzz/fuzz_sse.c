/* A stream fed whole and the same one fed in pieces, cut where the first bytes of the input say,
 * must give the same events. */
#include <stdint.h>
#include <stdlib.h>

#include "base/random.h"
#include "client/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note_text(struct buffer *seen, struct text text)
{
    buffer_printf(seen, "%zu:", text.size);
    buffer_add_text(seen, text);
}

static void note(void *context, const struct sse_event *event)
{
    struct buffer *seen = context;
    note_text(seen, event->data);
    note_text(seen, event->name);
    note_text(seen, event->comment);
}

/* On the heap, and gone when the parser has seen it. */
static void feed_copy(struct sse *sse, struct text piece)
{
    struct buffer copy = {0};
    buffer_add_text(&copy, piece);
    if (!sse_feed(sse, buffer_text(&copy)))
        abort();
    buffer_free(&copy);
}

static void read_in_pieces(struct buffer *seen, struct text stream, uint64_t longest, uint64_t seed)
{
    struct sse sse;
    struct random random;
    random_seed(&random, seed);
    sse_init(&sse, note, seen);
    while (stream.size) {
        uint64_t piece = longest ? 1 + random_below(&random, longest) : stream.size;
        if (piece > stream.size)
            piece = stream.size;
        feed_copy(&sse, (struct text){stream.data, piece});
        stream = (struct text){stream.data + piece, stream.size - piece};
    }
    sse_finish(&sse);
    sse_free(&sse);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct text stream = {(const char *)data + 2, size - 2};
    struct buffer whole = {0}, pieces = {0};
    read_in_pieces(&whole, stream, 0, 0);
    read_in_pieces(&pieces, stream, 1 + data[0] % 32u, data[1]);
    if (!text_equal(buffer_text(&whole), buffer_text(&pieces)))
        abort();
    buffer_free(&whole);
    buffer_free(&pieces);
    return 0;
}
