#include "client/sse.h"

void sse_init(struct sse *sse, sse_handler *handler, void *context)
{
    *sse = (struct sse){.handler = handler, .context = context};
}

void sse_free(struct sse *sse)
{
    buffer_free(&sse->line);
    buffer_free(&sse->data);
}

static void begin_event(struct sse *sse)
{
    sse->has_data = false;
    sse->slice.size = 0;
    sse->taken_bytes = 0;
    sse->name[0] = sse->comment[0] = '\0';
    buffer_clear(&sse->data);
}

void sse_reset(struct sse *sse)
{
    begin_event(sse);
    buffer_clear(&sse->line);
    sse->skip_newline = sse->begun = false;
}

static struct text event_data(const struct sse *sse)
{
    return sse->data.size ? buffer_text(&sse->data) : sse->slice;
}

static void end_event(struct sse *sse)
{
    if (sse->has_data || sse->name[0]) {
        struct sse_event event = {
            .data = event_data(sse), .name = text_of(sse->name), .comment = text_of(sse->comment)};
        sse->handler(sse->context, &event);
    }
    begin_event(sse);
}

/* Moves the begun event's data out of the piece it lies in. */
static void keep_slice(struct sse *sse)
{
    if (sse->slice.size)
        buffer_add_text(&sse->data, sse->slice);
    sse->slice.size = 0;
}

static void add_data(struct sse *sse, struct text value, bool in_piece)
{
    if (sse->has_data) {
        keep_slice(sse);
        buffer_add_char(&sse->data, '\n');
    }
    if (in_piece && !sse->has_data)
        sse->slice = value;
    else
        buffer_add_text(&sse->data, value);
    sse->has_data = true;
}

/* What does not fit is cut off, between characters. */
static void copy_head(char *into, size_t capacity, struct text value)
{
    struct text head = text_head(value, capacity - 1);
    if (head.size)
        memcpy(into, head.data, head.size);
    into[head.size] = '\0';
}

/* `in_piece`: the line lies in the bytes being fed, not in the line buffer. */
static void take_line(struct sse *sse, struct text line, bool in_piece)
{
    if (!sse->begun && text_starts_with(line, "\xef\xbb\xbf")) /* a byte order mark */
        line = (struct text){line.data + 3, line.size - 3};
    sse->begun = true;
    if (line.size == 0) {
        end_event(sse);
        return;
    }
    const char *colon = memchr(line.data, ':', line.size);
    size_t field = colon ? (size_t)(colon - line.data) : line.size;
    size_t skip = field + (colon != NULL);
    if (skip < line.size && line.data[skip] == ' ')
        skip++;
    struct text value = {line.data + skip, line.size - skip};

    if (field == 4 && memcmp(line.data, "data", 4) == 0)
        add_data(sse, value, in_piece);
    else if (field == 5 && memcmp(line.data, "event", 5) == 0)
        copy_head(sse->name, sizeof sse->name, value);
    else if (field == 0)
        copy_head(sse->comment, sizeof sse->comment, value);
}

/* The first \n or \r, NULL when there is none. JSON never holds a bare \r, so the second search
 * runs over a line once. */
static const char *line_end(struct text rest)
{
    const char *newline = memchr(rest.data, '\n', rest.size);
    size_t size = newline ? (size_t)(newline - rest.data) : rest.size;
    const char *cr = memchr(rest.data, '\r', size);
    return cr ? cr : newline;
}

/* Most events are one data line and a blank one, and lie whole in a piece: that needs no memory of
 * what was before. False when this is none of them. */
static bool take_usual_event(struct sse *sse, struct text *rest)
{
    static const char field[] = "data: ";
    const size_t skip = sizeof field - 1;
    bool begins = sse->taken_bytes == 0 && sse->line.size == 0;
    if (!begins || rest->size < skip || memcmp(rest->data, field, skip) != 0)
        return false;
    const char *end = memchr(rest->data, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->data) : 0;
    if (!end || size + 1 == rest->size || end[1] != '\n' || size > SSE_MAX_EVENT_BYTES ||
        memchr(rest->data, '\r', size))
        return false;
    struct sse_event event = {
        .data = {rest->data + skip, size - skip}, .name = TEXT(""), .comment = TEXT("")};
    *rest = (struct text){end + 2, rest->size - size - 2};
    sse->begun = true;
    sse->handler(sse->context, &event);
    return true;
}

static bool refuse(struct sse *sse)
{
    sse_reset(sse);
    return false;
}

bool sse_feed(struct sse *sse, struct text piece)
{
    struct text rest = piece;
    if (sse->skip_newline && rest.size) {
        if (rest.data[0] == '\n')
            rest = (struct text){rest.data + 1, rest.size - 1};
        sse->skip_newline = false;
    }
    while (rest.size) {
        if (take_usual_event(sse, &rest))
            continue;
        const char *end = line_end(rest);
        if (!end) {
            buffer_add_text(&sse->line, rest);
            break;
        }
        struct text line = {rest.data, (size_t)(end - rest.data)};
        size_t taken = line.size + 1;
        if (*end == '\r') {
            if (taken == rest.size)
                sse->skip_newline = true;
            else if (end[1] == '\n')
                taken++;
        }
        sse->taken_bytes += sse->line.size + line.size;
        if (sse->taken_bytes > SSE_MAX_EVENT_BYTES)
            return refuse(sse);
        if (sse->line.size) {
            buffer_add_text(&sse->line, line);
            take_line(sse, buffer_text(&sse->line), false);
            buffer_clear(&sse->line);
        } else {
            take_line(sse, line, true);
        }
        rest = (struct text){rest.data + taken, rest.size - taken};
    }
    keep_slice(sse);
    return sse->taken_bytes + sse->line.size <= SSE_MAX_EVENT_BYTES || refuse(sse);
}

void sse_finish(struct sse *sse)
{
    if (sse->line.size) {
        take_line(sse, buffer_text(&sse->line), false);
        buffer_clear(&sse->line);
    }
    end_event(sse);
}
