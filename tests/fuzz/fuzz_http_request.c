/* The request parser: a request fed whole and byte by byte must end the same. */
#include <stdlib.h>

#include "mock/http_request.h"

static size_t feed_bytes(struct http_request *request, struct text bytes)
{
    size_t used = 0;
    while (used < bytes.size && request->state < HTTP_COMPLETE)
        used += http_request_feed(request, (struct text){bytes.data + used, 1});
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text bytes = {(const char *)data, size};
    struct http_request whole = {0}, single = {0};
    size_t used = http_request_feed(&whole, bytes);
    size_t used_single = feed_bytes(&single, bytes);
    if (whole.state != single.state || whole.status != single.status)
        abort();
    if (whole.state == HTTP_COMPLETE &&
        (used != used_single || !text_equal(buffer_text(&whole.body), buffer_text(&single.body)) ||
         !text_equal(buffer_text(&whole.path), buffer_text(&single.path))))
        abort();
    http_request_free(&whole);
    http_request_free(&single);
    return 0;
}
