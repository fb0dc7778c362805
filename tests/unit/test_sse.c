#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client/sse.h"

/* Each event as "name|data|comment;". */
static void note(void *context, const struct sse_event *event)
{
    struct buffer *seen = context;
    buffer_add_text(seen, event->name);
    buffer_add_char(seen, '|');
    buffer_add_text(seen, event->data);
    buffer_add_char(seen, '|');
    buffer_add_text(seen, event->comment);
    buffer_add_char(seen, ';');
}

/* Fed from a heap copy of each piece, so that ASan sees a text that outlives its piece. */
static bool feed(struct sse *sse, struct text piece)
{
    char *copy = xmalloc(piece.size);
    memcpy(copy, piece.data, piece.size);
    bool ok = sse_feed(sse, (struct text){copy, piece.size});
    free(copy);
    return ok;
}

/* Feeds the stream in pieces that end at `cuts`, then its end. */
static void read_in_pieces(struct text stream, const size_t *cuts, size_t cut_count,
                           struct buffer *seen)
{
    struct sse sse;
    sse_init(&sse, note, seen);
    size_t from = 0;
    for (size_t i = 0; i <= cut_count; i++) {
        size_t to = i < cut_count ? cuts[i] : stream.size;
        assert_true(feed(&sse, (struct text){stream.data + from, to - from}));
        from = to;
    }
    sse_finish(&sse);
    sse_free(&sse);
}

static void assert_events(struct text stream, const char *wanted)
{
    struct buffer seen = {0};
    read_in_pieces(stream, NULL, 0, &seen);
    assert_string_equal(buffer_text(&seen).data, wanted);
    buffer_free(&seen);
}

static const struct {
    struct text stream;
    const char *events;
} forms[] = {
    {TEXT("data: {\"a\":1}\n\n"), "|{\"a\":1}|;"},
    {TEXT("data:{\"a\":1}\n\ndata:[DONE]\n\n"), "|{\"a\":1}|;|[DONE]|;"},
    {TEXT("data:  two spaces\n\n"), "| two spaces|;"},
    {TEXT("data: a\r\n\r\ndata: b\r\n\r\n"), "|a|;|b|;"},
    {TEXT("event: e\r\ndata: a\r\ndata: b\r\n\r\n"), "e|a\nb|;"},
    {TEXT("data: a\r\rdata: b\r\r"), "|a|;|b|;"},
    {TEXT("data: a\r\n\ndata: b\n\r\n"), "|a|;|b|;"},
    {TEXT("\n\n\r\n\rdata: a\n\n\n\n"), "|a|;"},
    {TEXT(":\n\ndata: a\n\n"), "|a|;"},
    {TEXT(": OPENROUTER PROCESSING\n\ndata: a\n\n"), "|a|;"},
    {TEXT("data: a\n:ping\ndata: b\n\n"), "|a\nb|ping;"},
    {TEXT("event: message_delta\ndata: a\n\ndata: b\n\n"), "message_delta|a|;|b|;"},
    {TEXT("event: error\n: out of memory\n\n"), "error||out of memory;"},
    {TEXT("event: error\n: first\n: second\n\ndata: a\n\n"), "error||second;|a|;"},
    {TEXT("event: error\ndata: {\"message\":\"m\"}\n\n"), "error|{\"message\":\"m\"}|;"},
    {TEXT("data: {\ndata: }\n\n"), "|{\n}|;"},
    {TEXT("data\ndata:\ndata: x\n\n"), "|\n\nx|;"},
    {TEXT("data:\n\n"), "||;"},
    {TEXT("id: 7\nretry: 10\nunknown\ndatax: no\ndata: a\n\n"), "|a|;"},
    {TEXT("data: a:b: c\n\n"), "|a:b: c|;"},
    {TEXT("data: na\xc3\xafve \xf0\x9f\x99\x82\n\n"), "|na\xc3\xafve \xf0\x9f\x99\x82|;"},
    {TEXT("data: a\n\ndata: b\n\ndata: [DONE]\n\n"), "|a|;|b|;|[DONE]|;"},
    {TEXT("data: a\n\ndata: [DONE]"), "|a|;|[DONE]|;"},
    {TEXT("data: [DONE]\n"), "|[DONE]|;"},
    {TEXT("\xef\xbb\xbf"
          "data: a\n\n"),
     "|a|;"},
    {TEXT("event: error\n: text"), "error||text;"},
    {TEXT(": only a comment"), ""},
    {TEXT(""), ""},
};

static void each_form_gives_its_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        assert_events(forms[i].stream, forms[i].events);
}

/* All forms as one stream: the unfinished ones meet the next form's first line, which is fine. */
static struct text one_stream(struct buffer *all)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        buffer_add_text(all, forms[i].stream);
    return buffer_text(all);
}

static void a_cut_at_any_byte_changes_no_event(void **state)
{
    (void)state;
    struct buffer all = {0}, whole = {0}, cut = {0};
    struct text stream = one_stream(&all);
    read_in_pieces(stream, NULL, 0, &whole);
    for (size_t at = 0; at <= stream.size; at++) {
        buffer_clear(&cut);
        read_in_pieces(stream, &at, 1, &cut);
        if (!text_equal(buffer_text(&whole), buffer_text(&cut)))
            fail_msg("cut at %zu:\n%s\n%s", at, whole.data, cut.data);
    }
    buffer_free(&all);
    buffer_free(&whole);
    buffer_free(&cut);
}

static void byte_by_byte_gives_the_same_events(void **state)
{
    (void)state;
    struct buffer all = {0}, whole = {0}, bytes = {0};
    struct text stream = one_stream(&all);
    size_t *cuts = xcalloc(stream.size, sizeof *cuts);
    for (size_t i = 0; i < stream.size; i++)
        cuts[i] = i;
    read_in_pieces(stream, NULL, 0, &whole);
    read_in_pieces(stream, cuts, stream.size, &bytes);
    assert_string_equal(whole.data, bytes.data);
    free(cuts);
    buffer_free(&all);
    buffer_free(&whole);
    buffer_free(&bytes);
}

static void long_names_and_comments_are_cut_between_characters(void **state)
{
    (void)state;
    struct buffer stream = {0}, seen = {0}, wanted = {0};
    buffer_add_string(&stream, "event: ");
    for (int i = 0; i < 200; i++)
        buffer_add_string(&stream, "\xc3\xa9");
    buffer_add_string(&stream, "\n: ");
    for (int i = 0; i < 256; i++)
        buffer_add_char(&stream, 'c');
    buffer_add_string(&stream, "\n\n");

    for (int i = 0; i < 15; i++)
        buffer_add_string(&wanted, "\xc3\xa9");
    buffer_add_string(&wanted, "||");
    for (int i = 0; i < 255; i++)
        buffer_add_char(&wanted, 'c');
    buffer_add_char(&wanted, ';');
    read_in_pieces(buffer_text(&stream), NULL, 0, &seen);
    assert_string_equal(seen.data, wanted.data);
    buffer_free(&stream);
    buffer_free(&seen);
    buffer_free(&wanted);
}

static void count(void *context, const struct sse_event *event)
{
    size_t *bytes = context;
    *bytes += event->data.size;
}

/* Gives the bytes of events that came, SIZE_MAX when the stream was refused. */
static size_t feed_line_of(size_t size, size_t piece_size)
{
    struct sse sse;
    size_t bytes = 0;
    sse_init(&sse, count, &bytes);
    char *stream = xmalloc(size + 2);
    memset(stream, 'x', size);
    memcpy(stream, "data: ", 6);
    memcpy(stream + size, "\n\n", 2);
    bool ok = true;
    for (size_t at = 0; ok && at < size + 2; at += piece_size) {
        size_t left = size + 2 - at;
        ok = sse_feed(&sse, (struct text){stream + at, left < piece_size ? left : piece_size});
    }
    free(stream);
    sse_finish(&sse);
    assert_true(ok || bytes == 0);
    sse_free(&sse);
    return ok ? bytes : SIZE_MAX;
}

static void an_event_above_16_mib_is_refused_and_forgotten_in_any_split(void **state)
{
    (void)state;
    static const size_t pieces[] = {SSE_MAX_EVENT_BYTES * 2, 1u << 20, 16384};
    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        assert_int_equal(feed_line_of(SSE_MAX_EVENT_BYTES, pieces[i]), SSE_MAX_EVENT_BYTES - 6);
        assert_int_equal(feed_line_of(SSE_MAX_EVENT_BYTES + 1, pieces[i]), SIZE_MAX);
    }
}

static void many_lines_of_one_event_count_together(void **state)
{
    (void)state;
    struct sse sse;
    size_t bytes = 0;
    char line[65536];
    memset(line, 'x', sizeof line);
    memcpy(line, "data: ", 6);
    line[sizeof line - 1] = '\n';
    sse_init(&sse, count, &bytes);
    size_t fed = 0;
    while (fed < 2 * SSE_MAX_EVENT_BYTES && sse_feed(&sse, (struct text){line, sizeof line}))
        fed += sizeof line;
    assert_in_range(fed, SSE_MAX_EVENT_BYTES - sizeof line, SSE_MAX_EVENT_BYTES + sizeof line);
    sse_finish(&sse);
    assert_int_equal(bytes, 0);
    sse_free(&sse);
}

static void many_events_do_not(void **state)
{
    (void)state;
    struct sse sse;
    size_t bytes = 0;
    enum { EVENT_BYTES = 1 << 20, EVENTS = 20 };
    char *event = xmalloc(EVENT_BYTES + 8);
    memset(event, 'x', EVENT_BYTES + 8);
    memcpy(event, "data: ", 6);
    memcpy(event + EVENT_BYTES + 6, "\n\n", 2);
    sse_init(&sse, count, &bytes);
    for (int i = 0; i < EVENTS; i++)
        assert_true(sse_feed(&sse, (struct text){event, EVENT_BYTES + 8}));
    assert_int_equal(bytes, EVENTS * EVENT_BYTES);
    free(event);
    sse_free(&sse);
}

static void a_reset_forgets_what_was_begun(void **state)
{
    (void)state;
    struct buffer seen = {0};
    struct sse sse;
    sse_init(&sse, note, &seen);
    assert_true(feed(&sse, TEXT("event: error\ndata: a\ndata: b\r")));
    sse_reset(&sse);
    assert_true(feed(&sse, TEXT("\ndata: c\n\n")));
    assert_string_equal(buffer_text(&seen).data, "|c|;");
    sse_free(&sse);
    buffer_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_gives_its_events),
        cmocka_unit_test(a_cut_at_any_byte_changes_no_event),
        cmocka_unit_test(byte_by_byte_gives_the_same_events),
        cmocka_unit_test(long_names_and_comments_are_cut_between_characters),
        cmocka_unit_test(an_event_above_16_mib_is_refused_and_forgotten_in_any_split),
        cmocka_unit_test(many_lines_of_one_event_count_together),
        cmocka_unit_test(many_events_do_not),
        cmocka_unit_test(a_reset_forgets_what_was_begun),
    };
    return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
