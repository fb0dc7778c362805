#include "telemetry/exposition.h"

#include <math.h>
#include <sched.h>

#include "base/memory.h"

#define BREATH_LINES 256

struct exposition exposition_begin(struct text page)
{
    struct text end = text_trim(page);
    return (struct exposition){.rest = page, .open_metrics = text_ends_with(end, "# EOF")};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}

static bool is_name_part(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9');
}

static void skip_blanks(struct text *line)
{
    while (line->size && is_blank(*line->data)) {
        line->data++;
        line->size--;
    }
}

static struct text cut(struct text *line, size_t size)
{
    struct text head = {line->data, size};
    line->data += size;
    line->size -= size;
    return head;
}

static struct text cut_name(struct text *line)
{
    size_t size = 0;
    if (line->size && is_name_start(*line->data))
        while (size < line->size && is_name_part(line->data[size]))
            size++;
    return cut(line, size);
}

static struct text cut_word(struct text *line)
{
    size_t size = 0;
    while (size < line->size && !is_blank(line->data[size]))
        size++;
    return cut(line, size);
}

/* What stands between the quotes that `line` begins with. */
static bool cut_quoted(struct text *line, struct text *inside)
{
    size_t at = 1;
    if (line->size == 0 || *line->data != '"')
        return false;
    while (at < line->size && line->data[at] != '"')
        at += line->data[at] == '\\' ? 2 : 1;
    if (at >= line->size)
        return false;
    *inside = (struct text){line->data + 1, at - 1};
    cut(line, at + 1);
    return true;
}

/* ---- labels ---- */

/* One `name="value"`; a lone `"name"` is the metric's own, as Prometheus 3 writes names of other
 * letters, and comes back with an empty label name. */
static bool cut_label(struct text *line, struct text *name, struct text *value)
{
    skip_blanks(line);
    *name = (struct text){line->data, 0};
    if (line->size && *line->data == '"') {
        if (!cut_quoted(line, value))
            return false;
        skip_blanks(line);
        if (!line->size || *line->data != '=')
            return true;
        *name = *value;
    } else {
        *name = cut_name(line);
        skip_blanks(line);
        if (name->size == 0 || !line->size || *line->data != '=')
            return false;
    }
    cut(line, 1);
    skip_blanks(line);
    return cut_quoted(line, value);
}

/* From the opening brace to the closing one. */
static bool cut_labels(struct text *line, struct exposition_sample *sample)
{
    cut(line, 1);
    const char *start = line->data;
    for (;;) {
        struct text name, value;
        skip_blanks(line);
        if (line->size && *line->data == '}')
            break;
        if (!cut_label(line, &name, &value))
            return false;
        skip_blanks(line);
        bool comma = line->size && *line->data == ',';
        if (comma)
            cut(line, 1);
        if (name.size == 0) {
            if (sample->name.size)
                return false;
            sample->name = value;
            start = line->data;
        }
        if (!comma && (!line->size || *line->data != '}'))
            return false;
    }
    sample->labels = (struct text){start, (size_t)(line->data - start)};
    cut(line, 1);
    return true;
}

bool exposition_next_label(struct text *labels, struct text *name, struct text *value)
{
    bool ok = labels->size && cut_label(labels, name, value);
    skip_blanks(labels);
    if (ok && labels->size && *labels->data == ',')
        cut(labels, 1);
    return ok;
}

bool exposition_label(struct text labels, const char *wanted, struct text *value)
{
    struct text name;
    while (exposition_next_label(&labels, &name, value))
        if (text_is(name, wanted))
            return true;
    return false;
}

void exposition_unescape(struct buffer *out, struct text value)
{
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        if (c == '\\' && i + 1 < value.size) {
            c = value.data[++i];
            if (c == 'n')
                c = '\n';
            else if (c != '\\' && c != '"')
                buffer_add_char(out, '\\');
        }
        buffer_add_char(out, c);
    }
}

/* ---- values ---- */

/* Most values are whole numbers, and need no strtod. */
static bool to_value(struct text word, double *value)
{
    uint64_t whole = 0;
    size_t i = 0;
    while (i < word.size && i < 15 && word.data[i] >= '0' && word.data[i] <= '9')
        whole = whole * 10 + (uint64_t)(word.data[i++] - '0');
    *value = (double)whole;
    if (word.size && i == word.size)
        return true;
    static const struct {
        const char *word;
        double value;
    } words[] = {{"NaN", (double)NAN},      {"+Inf", (double)INFINITY}, {"-Inf", (double)-INFINITY},
                 {"Inf", (double)INFINITY}, {"+inf", (double)INFINITY}, {"-inf", (double)-INFINITY},
                 {"nan", (double)NAN},      {"inf", (double)INFINITY}};
    bool digits = i > 0;
    for (size_t at = 0; !digits && at < ARRAY_SIZE(words); at++)
        if (text_is(word, words[at].word)) {
            *value = words[at].value;
            return true;
        }
    /* strtod also takes 0x1p3, infinity and nan(7), which the formats do not have. */
    for (i = 0; i < word.size; i++)
        if (!strchr("0123456789+-.eE", word.data[i]))
            return false;
    return text_to_double(word, value);
}

/* ---- lines ---- */

static const struct {
    const char *word;
    enum exposition_type type;
} type_words[] = {
    {"counter", EXPOSITION_COUNTER},      {"gauge", EXPOSITION_GAUGE},
    {"histogram", EXPOSITION_HISTOGRAM},  {"summary", EXPOSITION_SUMMARY},
    {"gaugehistogram", EXPOSITION_OTHER}, {"info", EXPOSITION_OTHER},
    {"stateset", EXPOSITION_OTHER},
};

static struct text cut_family(struct text *line)
{
    struct text name;
    return cut_quoted(line, &name) ? name : cut_name(line);
}

/* Behind the #. Only a type tells us something. */
static void take_comment(struct exposition *exposition, struct text line)
{
    skip_blanks(&line);
    if (!text_starts_with(line, "TYPE") || line.size < 5 || !is_blank(line.data[4]))
        return;
    cut(&line, 4);
    skip_blanks(&line);
    exposition->family = cut_family(&line);
    exposition->type = EXPOSITION_UNTYPED;
    skip_blanks(&line);
    struct text word = text_trim(line);
    for (size_t i = 0; i < ARRAY_SIZE(type_words); i++)
        if (text_is(word, type_words[i].word))
            exposition->type = type_words[i].type;
}

/* Does the name belong to the family whose type was said last? */
static bool in_family(const struct exposition *exposition, struct text name)
{
    static const char *const suffixes[] = {"",       "_total", "_bucket", "_sum",
                                           "_count", "_info",  "_gsum",   "_gcount"};
    size_t size = exposition->family.size;
    if (size == 0 || name.size < size || memcmp(name.data, exposition->family.data, size) != 0)
        return false;
    struct text suffix = {name.data + size, name.size - size};
    for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
        if (text_is(suffix, suffixes[i]))
            return true;
    return false;
}

/* A timestamp is in ms, in OpenMetrics in seconds; an exemplar may follow behind a #. */
static bool take_timestamp(const struct exposition *exposition, struct text line,
                           struct exposition_sample *sample)
{
    sample->timestamp_s = (double)NAN;
    skip_blanks(&line);
    if (line.size == 0 || (*line.data == '#' && exposition->open_metrics))
        return true;
    double at;
    if (!to_value(cut_word(&line), &at))
        return false;
    sample->timestamp_s = exposition->open_metrics ? at : at / 1e3;
    skip_blanks(&line);
    return line.size == 0 || (*line.data == '#' && exposition->open_metrics);
}

static bool take_sample(const struct exposition *exposition, struct text line,
                        struct exposition_sample *sample)
{
    *sample = (struct exposition_sample){.name = cut_name(&line)};
    skip_blanks(&line);
    if (line.size && *line.data == '{' && !cut_labels(&line, sample))
        return false;
    skip_blanks(&line);
    if (sample->name.size == 0 || !to_value(cut_word(&line), &sample->value) ||
        !take_timestamp(exposition, line, sample))
        return false;
    bool known = in_family(exposition, sample->name);
    sample->type = known ? exposition->type : EXPOSITION_UNTYPED;
    sample->family = known ? exposition->family : sample->name;
    return true;
}

void exposition_breathe(const struct exposition *exposition)
{
    if (exposition->lines % BREATH_LINES == 0)
        sched_yield();
}

bool exposition_next(struct exposition *exposition, struct exposition_sample *sample)
{
    struct text line;
    while (text_next_line(&exposition->rest, &line)) {
        exposition->lines++;
        skip_blanks(&line);
        while (line.size && is_blank(line.data[line.size - 1]))
            line.size--;
        if (line.size == 0)
            continue;
        if (*line.data == '#') {
            cut(&line, 1);
            take_comment(exposition, line);
        } else if (take_sample(exposition, line, sample)) {
            return true;
        } else {
            exposition->broken++;
            if (!exposition->first_broken)
                exposition->first_broken = exposition->lines;
        }
    }
    return false;
}
