/* What roles look like: colours from theme files in btop's format, taken down to what the terminal
 * can show. Knows nothing of ncurses, and never redefines a terminal's colours. */
#ifndef UI_THEME_H
#define UI_THEME_H

#include "base/buffer.h"
#include "base/error.h"
#include "ui/canvas.h"
#include "ui/colour.h"

enum theme_depth {
    THEME_ATTRIBUTES, /* bold, dim and reverse only */
    THEME_8,
    THEME_16,
    THEME_256,
    THEME_TRUE, /* a terminal that takes 0xRRGGBB as a colour's number */
};

#define THEME_STEPS 3

struct theme {
    char name[64];
    bool has_ground; /* false: the terminal's own background shows */
    struct rgb ground;
    struct rgb selected_ground;
    struct rgb roles[ROLE_COUNT][THEME_STEPS]; /* from level 0 by 50 to 100; all equal for most */
};

/* What to hand to a terminal; −1 is its own colour. */
struct look {
    int32_t foreground, background;
    uint8_t flags; /* STYLE_…, LOOK_DIM */
};

enum { LOOK_DIM = 64 };

/* Fills the theme from a file's text; keys that are missing are derived from those that are there,
 * unknown ones passed over. False when no line of it sets a colour. */
bool theme_parse(struct theme *theme, struct text content, struct error *error);
/* The theme of that name, built in or in one of the folders, or the file. NULL is the default. An
 * unknown name is an error that lists the known ones. */
bool theme_find(struct theme *theme, const char *name_or_file, struct error *error);
/* All names that theme_find knows, each once: our own first, then the folders' in their order.
 * Freed by theme_names_free. */
char **theme_names(size_t *count);
void theme_names_free(char **names, size_t count);

struct look theme_look(const struct theme *theme, struct style style, enum theme_depth depth);
/* By number of colours of the terminal (tigetnum "colors"), NO_COLOR in the environment, and
 * whether colours are wanted. `direct` is the terminal's RGB capability. */
enum theme_depth theme_depth_for(int colours, bool direct, bool wanted);

#endif
