/* A long text in a rectangle: broken into lines, scrolled, searched. */
#ifndef UI_TEXT_PANE_H
#define UI_TEXT_PANE_H

#include "base/buffer.h"
#include "ui/view.h"

struct text_pane {
    struct buffer text; /* the pane's own */
    int cols;           /* the lines are broken for */
    struct pane_line {
        uint32_t at, size;
        uint16_t indent;
    } * lines;
    uint32_t count, capacity;
    struct list list; /* `top` is what matters: the cursor is the last line in sight, or a match */
    char needle[128]; /* "" = nothing is looked for */
};

/* Lines that begin with '\1' are headings. */
#define PANE_HEADING '\1'

/* Forgets what was there; the text is then added to `pane->text`. */
void text_pane_clear(struct text_pane *pane);
void text_pane_draw(struct text_pane *pane, struct canvas *canvas, struct rect rect);
/* Moves for the keys of lists; n and N to matches. False when the key is none of these. */
bool text_pane_key(struct text_pane *pane, int key);
/* Looks for it from the top on. False when it is nowhere. */
bool text_pane_find(struct text_pane *pane, const char *needle);
void text_pane_free(struct text_pane *pane);

#endif
