/* An answer fed whole and the same one fed in pieces, cut where the first bytes of the input say,
 * must be the same answer. */
#include <stdint.h>
#include <stdlib.h>

#include "base/random.h"
#include "client/http_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct http_reply reply;
    struct buffer body;
    enum reply_step end;
    size_t used;
};

/* On the heap, and gone when the reader has seen it. */
static void feed_copy(struct seen *seen, struct text piece)
{
    struct buffer copy = {0};
    buffer_add_text(&copy, piece);
    struct text rest = buffer_text(&copy), body;
    while ((seen->end = http_reply_next(&seen->reply, &rest, &body)) == REPLY_BODY) {
        if (body.size == 0 || body.data < copy.data || body.data + body.size > rest.data)
            abort();
        buffer_add_text(&seen->body, body);
    }
    if (seen->end == REPLY_MORE && rest.size)
        abort();
    seen->used += piece.size - rest.size;
    buffer_free(&copy);
}

static void read_in_pieces(struct seen *seen, struct text bytes, uint64_t longest, uint64_t seed)
{
    struct random random;
    random_seed(&random, seed);
    while (bytes.size && seen->end == REPLY_MORE) {
        uint64_t piece = longest ? 1 + random_below(&random, longest) : bytes.size;
        if (piece > bytes.size)
            piece = bytes.size;
        feed_copy(seen, (struct text){bytes.data, piece});
        bytes = (struct text){bytes.data + piece, bytes.size - piece};
    }
}

static void forget(struct seen *seen)
{
    http_reply_free(&seen->reply);
    buffer_free(&seen->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct text bytes = {(const char *)data + 2, size - 2};
    struct seen whole = {.end = REPLY_MORE}, pieces = {.end = REPLY_MORE};
    read_in_pieces(&whole, bytes, 0, 0);
    read_in_pieces(&pieces, bytes, 1 + data[0] % 32u, data[1]);
    if (whole.end != pieces.end || whole.reply.broken != pieces.reply.broken ||
        whole.reply.status != pieces.reply.status || whole.reply.keeps != pieces.reply.keeps ||
        !text_equal(buffer_text(&whole.body), buffer_text(&pieces.body)) ||
        (whole.end == REPLY_END && whole.used != pieces.used) ||
        http_reply_finish(&whole.reply) != http_reply_finish(&pieces.reply))
        abort();
    forget(&whole);
    forget(&pieces);
    return 0;
}
