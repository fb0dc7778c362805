/* The scanner against cJSON: they accept the same texts, but for what is listed here. */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_odd_control(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return true;
    }
    return false;
}

static bool contains(struct text text, const char *part)
{
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

/* cJSON wants surrogates in pairs, holds numbers in 64 bytes, and ends its strings with NUL. */
static bool cjson_may_refuse(struct text text)
{
    size_t digits = 0, longest = 0;
    for (size_t i = 0; i < text.size; i++) {
        digits = strchr("0123456789+-.eE", text.data[i]) ? digits + 1 : 0;
        longest = digits > longest ? digits : longest;
    }
    return longest > 60 || contains(text, "\\ud") || contains(text, "\\uD") ||
           contains(text, "\\u0000");
}

/* cJSON lets pass: raw control characters and bad hex digits in strings, numbers as strtod reads
 * them (01, 1., -.5), nesting down to 1,000. */
static bool scanner_may_refuse(const struct json_scan *scan, struct text text)
{
    static const char *const strict[] = {"a control character in a string",
                                         "a broken escape in a string", "expected a digit",
                                         "nested too deeply"};
    for (size_t i = 0; scan->failed && i < sizeof strict / sizeof strict[0]; i++)
        if (strcmp(scan->reason, strict[i]) == 0)
            return true;
    return scan->at > text.data && scan->at < scan->end && scan->at[-1] == '0' &&
           *scan->at >= '0' && *scan->at <= '9';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = {(const char *)data, size};
    if (has_odd_control(text) || text_starts_with(text, "\xef\xbb\xbf"))
        return 0;

    struct json_scan scan = json_scan_begin(text);
    bool accepted = json_skip(&scan) && json_scan_done(&scan);
    if (scan.at > scan.end || (scan.failed && !scan.reason))
        abort();

    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(text.data, size, &end, false);
    struct text rest = {end, tree ? size - (size_t)(end - text.data) : 0};
    bool oracle = tree && text_trim(rest).size == 0;
    if (accepted && !oracle && !cjson_may_refuse(text))
        abort();
    if (!accepted && oracle && !scanner_may_refuse(&scan, text))
        abort();

    if (accepted && oracle && cJSON_IsString(tree) && !cjson_may_refuse(text)) {
        struct buffer plain = {0};
        struct text escaped;
        scan = json_scan_begin(text);
        if (!json_scan_string(&scan, &escaped))
            abort();
        json_unescape(&plain, escaped);
        if (!text_is(buffer_text(&plain), tree->valuestring))
            abort();
        buffer_free(&plain);
    }
    cJSON_Delete(tree);
    return 0;
}
