#include "ui/theme.h"

#include <stdlib.h>

#include "base/memory.h"

/* ---- a file's keys ---- */

/* key, as in the file. Those up to CACHED_END are btop's, the rest are ours, for what btop does not
 * have. */
#define THEME_KEYS(X)                   \
    X(MAIN_BG, "main_bg")               \
    X(MAIN_FG, "main_fg")               \
    X(TITLE, "title")                   \
    X(HI_FG, "hi_fg")                   \
    X(SELECTED_BG, "selected_bg")       \
    X(SELECTED_FG, "selected_fg")       \
    X(INACTIVE_FG, "inactive_fg")       \
    X(GRAPH_TEXT, "graph_text")         \
    X(CPU_BOX, "cpu_box")               \
    X(DIV_LINE, "div_line")             \
    X(CPU_START, "cpu_start")           \
    X(CPU_MID, "cpu_mid")               \
    X(CPU_END, "cpu_end")               \
    X(TEMP_START, "temp_start")         \
    X(TEMP_MID, "temp_mid")             \
    X(TEMP_END, "temp_end")             \
    X(DOWNLOAD_START, "download_start") \
    X(DOWNLOAD_MID, "download_mid")     \
    X(DOWNLOAD_END, "download_end")     \
    X(CACHED_START, "cached_start")     \
    X(CACHED_MID, "cached_mid")         \
    X(CACHED_END, "cached_end")         \
    X(GOOD, "good")                     \
    X(WARN, "warn")                     \
    X(BAD, "bad")                       \
    X(COLD, "cold")                     \
    X(WARM, "warm")

enum theme_key {
#define X(id, name) KEY_##id,
    THEME_KEYS(X)
#undef X
        KEY_COUNT
};

static const char *const key_names[] = {
#define X(id, name) name,
    THEME_KEYS(X)
#undef X
};

struct keys {
    bool set[KEY_COUNT];
    struct rgb colours[KEY_COUNT];
};

/* "theme[key]="value"", in either kind of quotes or without. */
static bool split_line(struct text line, struct text *key, struct text *value)
{
    line = text_trim(line);
    if (!text_starts_with(line, "theme["))
        return false;
    const char *start = line.data + strlen("theme["), *end = line.data + line.size;
    const char *bracket = memchr(start, ']', (size_t)(end - start));
    const char *equals = bracket ? memchr(bracket, '=', (size_t)(end - bracket)) : NULL;
    if (!equals)
        return false;
    *key = text_trim((struct text){start, (size_t)(bracket - start)});
    *value = text_trim((struct text){equals + 1, (size_t)(end - equals - 1)});
    if (value->size && (value->data[0] == '"' || value->data[0] == '\'')) {
        const char *open = value->data + 1;
        const char *close = memchr(open, value->data[0], value->size - 1);
        *value = (struct text){open, close ? (size_t)(close - open) : value->size - 1};
    }
    return true;
}

static bool read_keys(struct keys *keys, struct text content)
{
    struct text line, name, value;
    bool any = false;
    while (text_next_line(&content, &line)) {
        if (!split_line(line, &name, &value))
            continue;
        for (int key = 0; key < KEY_COUNT; key++) {
            if (!text_is(name, key_names[key]))
                continue;
            keys->set[key] = rgb_parse(value, &keys->colours[key]);
            any |= keys->set[key];
        }
    }
    return any;
}

/* ---- roles out of keys ---- */

enum { GROUND_DARK, GROUND_LIGHT };

/* What stands in where a theme has nothing, on a dark and on a light ground. Blue against orange is
 * told apart by nearly everyone. */
static const struct {
    enum role role;
    enum theme_key key;
    struct rgb otherwise[2];
} signals[] = {
    {ROLE_GOOD, KEY_GOOD, {{0x7f, 0xd1, 0x8b}, {0x1a, 0x7f, 0x37}}},
    {ROLE_WARN, KEY_WARN, {{0xe8, 0xc4, 0x68}, {0x8a, 0x62, 0x00}}},
    {ROLE_BAD, KEY_BAD, {{0xff, 0x6b, 0x6b}, {0xc4, 0x2b, 0x2b}}},
    {ROLE_COLD, KEY_COLD, {{0x6c, 0xb6, 0xff}, {0x0b, 0x5c, 0xad}}},
    {ROLE_WARM, KEY_WARM, {{0xff, 0xab, 0x5e}, {0xa8, 0x4a, 0x00}}},
};

static const struct {
    enum role role;
    enum theme_key start; /* _mid and _end are the next two */
} gradients[] = {
    {ROLE_TTFT, KEY_CPU_START},
    {ROLE_ITL, KEY_TEMP_START},
    {ROLE_LOAD, KEY_DOWNLOAD_START},
    {ROLE_SERVER, KEY_CACHED_START},
};

static void set_role(struct theme *theme, enum role role, struct rgb colour)
{
    for (int step = 0; step < THEME_STEPS; step++)
        theme->roles[role][step] = colour;
}

/* The first of the keys that is set, else `otherwise`. */
static struct rgb first_of(const struct keys *keys, enum theme_key a, enum theme_key b,
                           struct rgb otherwise)
{
    return keys->set[a] ? keys->colours[a] : keys->set[b] ? keys->colours[b] : otherwise;
}

static void set_gradient(struct theme *theme, enum role role, const struct keys *keys,
                         enum theme_key start)
{
    const enum theme_key mid = start + 1, end = start + 2;
    struct rgb text = theme->roles[ROLE_TEXT][0];
    struct rgb steps[THEME_STEPS];
    steps[0] = first_of(keys, start, start, theme->roles[ROLE_KEY][0]);
    steps[2] = keys->set[end] ? keys->colours[end] : steps[0];
    steps[1] = keys->set[mid] ? keys->colours[mid] : rgb_mix(steps[0], steps[2], 0.5);
    /* btop fills whole areas with the first colour; here it may be a single dot. */
    for (int step = 0; step < THEME_STEPS; step++)
        theme->roles[role][step] = rgb_readable(steps[step], theme->ground, text, 3.0);
}

static void set_roles(struct theme *theme, const struct keys *keys)
{
    static const struct rgb black = {0, 0, 0}, white = {255, 255, 255};
    struct rgb text = first_of(keys, KEY_MAIN_FG, KEY_TITLE, (struct rgb){0xd0, 0xd0, 0xd0});
    bool light_text = rgb_contrast(text, black) > rgb_contrast(text, white);
    theme->has_ground = keys->set[KEY_MAIN_BG];
    theme->ground = first_of(keys, KEY_MAIN_BG, KEY_MAIN_BG, light_text ? black : white);
    struct rgb ground = theme->ground;
    int kind =
        rgb_contrast(ground, white) > rgb_contrast(ground, black) ? GROUND_DARK : GROUND_LIGHT;
    if (!keys->set[KEY_MAIN_FG] && rgb_contrast(text, ground) < 4.5)
        text = kind == GROUND_DARK ? white : black;

    set_role(theme, ROLE_TEXT, text);
    struct rgb dim = first_of(keys, KEY_GRAPH_TEXT, KEY_INACTIVE_FG, rgb_mix(text, ground, 0.4));
    set_role(theme, ROLE_DIM, rgb_readable(dim, ground, text, 4.0));
    set_role(theme, ROLE_TITLE, first_of(keys, KEY_TITLE, KEY_TITLE, text));
    struct rgb box = first_of(keys, KEY_CPU_BOX, KEY_DIV_LINE, rgb_mix(text, ground, 0.6));
    set_role(theme, ROLE_BOX, rgb_readable(box, ground, text, 1.6));
    struct rgb key = first_of(keys, KEY_HI_FG, KEY_TITLE, text);
    set_role(theme, ROLE_KEY, rgb_readable(key, ground, text, 4.0));

    theme->selected_ground =
        first_of(keys, KEY_SELECTED_BG, KEY_SELECTED_BG, rgb_mix(ground, text, 0.25));
    struct rgb selected = first_of(keys, KEY_SELECTED_FG, KEY_MAIN_FG, text);
    set_role(theme, ROLE_SELECTED, rgb_readable(selected, theme->selected_ground, text, 4.0));

    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        struct rgb colour =
            first_of(keys, signals[i].key, signals[i].key, signals[i].otherwise[kind]);
        set_role(theme, signals[i].role, rgb_readable(colour, ground, text, 3.5));
    }
    for (size_t i = 0; i < ARRAY_SIZE(gradients); i++)
        set_gradient(theme, gradients[i].role, keys, gradients[i].start);
}

bool theme_parse(struct theme *theme, struct text content, struct error *error)
{
    struct keys keys = {0};
    if (!read_keys(&keys, content))
        return error_set(error, "not a theme: no line like theme[main_fg]=\"#rrggbb\" is in it");
    set_roles(theme, &keys);
    return true;
}

/* ---- looks ---- */

static const uint8_t attributes[ROLE_COUNT] = {
    [ROLE_DIM] = LOOK_DIM,   [ROLE_TITLE] = STYLE_BOLD, [ROLE_BOX] = LOOK_DIM,
    [ROLE_KEY] = STYLE_BOLD, [ROLE_WARN] = STYLE_BOLD,  [ROLE_SELECTED] = STYLE_REVERSE,
    [ROLE_BAD] = STYLE_BOLD, [ROLE_WARM] = STYLE_BOLD,
};

static struct rgb colour_at(const struct rgb steps[THEME_STEPS], uint8_t level)
{
    if (level <= 50)
        return rgb_mix(steps[0], steps[1], level / 50.0);
    return rgb_mix(steps[1], steps[2], (level > 100 ? 50 : level - 50) / 50.0);
}

/* The terminal's own ground shows, so greys are its own text colour, and dim ones its dim. */
static struct look look_of_few(const struct theme *theme, struct style style, bool sixteen)
{
    struct look look = {-1, -1, style.flags};
    if (style.role == ROLE_SELECTED || style.role == ROLE_TITLE) {
        look.flags |= attributes[style.role];
        return look;
    }
    int index = rgb_to_16(colour_at(theme->roles[style.role], style.level));
    bool dim = style.role == ROLE_DIM || style.role == ROLE_BOX;
    if (dim || index == 0 || index == 7 || index == 8 || index == 15) {
        look.flags |= dim ? LOOK_DIM : attributes[style.role];
        return look;
    }
    look.foreground = sixteen ? index : index & 7;
    return look;
}

/* Direct-colour terminals keep 0…7 for their palette. */
static int32_t number_of(struct rgb colour, enum theme_depth depth)
{
    if (depth == THEME_256)
        return rgb_to_256(colour);
    int32_t number = colour.red << 16 | colour.green << 8 | colour.blue;
    return number < 8 ? 8 : number;
}

struct look theme_look(const struct theme *theme, struct style style, enum theme_depth depth)
{
    if (style.role >= ROLE_COUNT)
        style.role = ROLE_TEXT;
    if (depth == THEME_ATTRIBUTES)
        return (struct look){-1, -1, (uint8_t)(style.flags | attributes[style.role])};
    if (depth == THEME_8 || depth == THEME_16)
        return look_of_few(theme, style, depth == THEME_16);
    struct look look = {-1, -1, style.flags};
    look.foreground = number_of(colour_at(theme->roles[style.role], style.level), depth);
    if (style.role == ROLE_TITLE)
        look.flags |= STYLE_BOLD;
    if (style.role == ROLE_SELECTED)
        look.background = number_of(theme->selected_ground, depth);
    else if (theme->has_ground)
        look.background = number_of(theme->ground, depth);
    return look;
}

enum theme_depth theme_depth_for(int colours, bool direct, bool wanted)
{
    const char *no_color = getenv("NO_COLOR");
    if (!wanted || (no_color && *no_color) || colours < 8)
        return THEME_ATTRIBUTES;
    if (direct && colours > 256)
        return THEME_TRUE;
    return colours >= 256 ? THEME_256 : colours >= 16 ? THEME_16 : THEME_8;
}
