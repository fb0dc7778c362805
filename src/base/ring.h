/* The lock-free queue between those who measure and the one who writes it down: one lane per
 * producer, each single-producer single-consumer. Nobody is woken, nobody waits. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 32 bytes, passed by value. telemetry/event.h says what the fields mean for each kind. */
struct event {
    uint64_t at_ns;
    uint64_t value;
    uint32_t request;
    uint16_t round;
    uint8_t kind;
    uint8_t detail;
    uint32_t count;
    uint32_t spare;
};

#define RING_LANE_CAPACITY 16384u
#define CACHE_LINE         64

/* Both indices run free; a slot is index & (capacity − 1). Each side has its own cache line. */
struct ring_lane {
    _Alignas(CACHE_LINE) _Atomic uint64_t head; /* the consumer's */
    uint64_t known_tail;
    _Alignas(CACHE_LINE) _Atomic uint64_t tail; /* the producer's */
    uint64_t known_head;
    _Alignas(CACHE_LINE) uint64_t capacity;
    struct event *slots;
};

/* `capacity` is a power of two. */
void ring_init(struct ring_lane *lane, uint64_t capacity);
void ring_free(struct ring_lane *lane);

/* Pushes by value. Returns false when the lane is full: the caller decides what that means. */
bool ring_push(struct ring_lane *lane, const struct event *event);
/* Takes up to `most` events in the order they were pushed; returns how many. */
size_t ring_take(struct ring_lane *lane, struct event *events, size_t most);

#endif
