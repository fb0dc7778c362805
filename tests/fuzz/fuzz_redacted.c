/* What a server sent, on its way into a debug log: no secret comes through, and nothing else is
 * changed. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/log.h"
#include "result/redacted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(struct text text, const char *secret)
{
    return memmem(text.data, text.size, secret, strlen(secret)) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char secret[] = "k\"ey";
    struct text text = {(const char *)data, size};
    struct buffer out = {0}, value = {0};
    redact_json(&out, text);
    if (!text_equal(buffer_text(&out), text))
        abort();

    secret_add(secret);
    buffer_clear(&out);
    redact_json(&out, text);
    if (holds(buffer_text(&out), secret) || (out.size < size && !memchr(data, '\\', size)))
        abort();
    json_redacted_json(&(struct json_writer){.out = &value}, text);
    struct json_scan scan = json_scan_begin(buffer_text(&value));
    if (!json_skip(&scan) || !json_scan_done(&scan) || holds(buffer_text(&value), "k\\\"ey"))
        abort();
    secret_forget_all();
    buffer_free(&value);
    buffer_free(&out);
    return 0;
}
