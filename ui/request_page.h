/* One request over the whole view: its times and bars, and what was said, in panes. */
#ifndef UI_REQUEST_PAGE_H
#define UI_REQUEST_PAGE_H

#include "ui/prompt_source.h"
#include "ui/request_detail.h"
#include "ui/text_pane.h"

enum request_pane { PANE_PROMPT, PANE_REPLY, PANE_GAPS, PANE_BODY, PANE_EVENTS, PANE_COUNT };

struct request_page {
    struct request_detail detail;
    struct text_pane panes[PANE_COUNT];
    /* what the panes hold the text of; another request empties them */
    uint16_t level, round;
    uint32_t index;
    bool ended;
    bool filled[PANE_COUNT];
    struct prompt_source source;
    bool wide; /* as last drawn: the prompt stands beside the others */
};

/* `place` is "5th of 10", `around` the neighbours: "← 54   62 →". */
void request_page_draw(struct request_page *page, struct ui *ui, struct canvas *canvas,
                       struct rect rect, const char *place, const char *around);
/* Tab, and what moves in a text. False when the page does not use it. */
bool request_page_key(struct request_page *page, struct ui *ui, int key);
/* The pane that keys go to. */
struct text_pane *request_page_pane(struct request_page *page, const struct ui *ui);
void request_page_free(struct request_page *page);

#endif
