#!/usr/bin/perl
# Replies beyond measure: chunks of ten thousand tokens, lines of megabytes, answers that never end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Outcome;
use Test::More;

my $scratch = scratch;
# Each sample is a reply of its own.
my $long = text_event('x' x 40000);
my $words = join ' ', ('word') x 10000;
my @replies = (
    ['10,000 words in one chunk', sub { send_bytes($_[0], stream_head, sse(text_event($words), finish_event('stop'),
        usage_event(5, 10000), DONE)) }, undef],
    ['5 MB on one line', sub { send_bytes($_[0], stream_head, sse(text_event('y' x 5_000_000), finish_event('stop'),
        DONE)) }, undef],
    ['17 MiB on one line', sub { send_bytes($_[0], stream_head, 'data: ', ('z' x (1 << 20)) x 17) }, 'too_large'],
    ['a reply that never ends', sub {
        my ($socket) = @_;
        send_bytes($socket, stream_head);
        1 while send_bytes($socket, sse($long));
    }, 'too_large'],
    ['headers that never end', sub {
        my ($socket) = @_;
        send_bytes($socket, "HTTP/1.1 200 OK\r\n");
        1 while send_bytes($socket, 'X-Filler: ' . ('f' x 1000) . "\r\n");
    }, 'truncated'],
    ['an error body of 30 MB', sub { send_bytes($_[0], http_answer(500, 'text/plain', 'e' x 30_000_000)) },
        'http_status|too_large'],
);
my $source = source(sub { $replies[$_[1]{sample}][1]->($_[0]); return 0 });
my $extreme = dataset("$scratch/extreme.jsonl", scalar @replies);
my $run = fluxperf('-d', $extreme, '-u', $source->{url}, '-c', 1, '--rounds', 1, '--timeout', 20,
    '--max-response-bytes', '20MiB', '--no-text', '-o', "$scratch/extreme");
stop($source->{pid});
is($run->{exit}, 0, 'replies beyond measure: exit status') or diag($run->{err});
my %requests = requests_by_sample(round_file("$scratch/extreme", 1, 1));
for my $sample (0 .. $#replies) {
    my ($name, undef, $class) = @{$replies[$sample]};
    my $wanted = $class // 'none';
    like($requests{$sample}{error}{class} // 'none', qr/^(?:$wanted)$/, $name);
}
is($requests{0}{output_tokens}, 10000, 'tokens of one chunk are counted by usage');
is($requests{0}{itl}, undef, 'and give no time between tokens');
accounted("$scratch/extreme", 'replies beyond measure');
done_testing;
