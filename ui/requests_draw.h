/* What the Requests view holds from frame to frame, and how it is drawn. */
#ifndef UI_REQUESTS_DRAW_H
#define UI_REQUESTS_DRAW_H

#include "ui/request_columns.h"
#include "ui/request_page.h"
#include "ui/request_tags.h"
#include "ui/round_load.h"

struct requests_view {
    struct request_list list;
    struct round_load *load; /* of the round that the filter names; NULL = memory has it */
    struct request_layout layout;
    struct bulk_cache bulks;
    struct request_page page;
    struct request_tags tags;
    /* the request under the cursor, which a new order does not lose */
    bool has_selected;
    uint16_t selected_round;
    uint32_t selected_index;
    int list_row; /* where the list was drawn, for the mouse */
};

/* The list, with the request under the cursor below it; or that request over the whole view. The
 * list is up to date. */
void requests_draw(struct requests_view *view, struct ui *ui, struct canvas *canvas,
                   struct rect rect);

#endif
