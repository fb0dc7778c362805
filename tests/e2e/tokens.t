#!/usr/bin/perl
# Prompts are cut by tokens as the server counts them, at whole characters, and files say how many were.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use JSON::PP ();
use Test::More;

my $scratch = scratch;
my $json = JSON::PP->new->utf8;

# From 13 to some 3,000 tokens, in several scripts, with a system message in some.
my @texts = (
    'The quick brown fox jumps over the lazy dog, and then it rests. ',
    '今天早上下雨，路很堵。火车晚点了十分钟。', 'Всё лето река была мелкой. ',
    'for (int i = 0; i < count; i++) { sum += values[i]; } ', '3.14159 2.71828 1000000 😀 ');
my @rows = map { {system => $_ % 4 == 3, text => "sample-$_ begins\t" . $texts[$_ % 5] x (1 + $_ * 4) . "\"ends\" $_"} }
    0 .. 39;
my $rows = spew("$scratch/rows.jsonl", map {
    $json->encode({messages => [($_->{system} ? {role => 'system', content => 'Answer in a few words.'} : ()),
        {role => 'user', content => $_->{text}}]}) . "\n" } @rows);

sub bodies_of { return map { $_->{sample} => $_->{body}{messages}[-1]{content} } read_jsonl("$_[0]/bodies.jsonl") }

sub is_part_of
{
    my ($kept, $text, $mode) = @_;
    my $size = length $kept;
    return substr($text, 0, $size) eq $kept if $mode eq 'head';
    return substr($text, -$size) eq $kept if $mode eq 'tail';
    my $start = 0;
    $start++ while $start < $size && substr($kept, $start, 1) eq substr($text, $start, 1);
    return $start == $size || substr($text, $start - $size) eq substr($kept, $start);
}

my $mock = mock(qw(--ttft 1 --itl 0.1 --reply-tokens 2 --prefill-rate 1e9));
my %full = requests_by_sample(do {
    fluxperf('-d', $rows, '-u', $mock->{url}, '--rounds', 1, '-o', "$scratch/full");
    round_file("$scratch/full", 1, 1);
});
for my $mode (qw(head tail middle)) {
    subtest "the $mode is kept" => sub {
        my $directory = "$scratch/$mode";
        my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-c', 4, '--max-input-length', 512, '--truncate', $mode,
            '--tokenizer', 'server', '--save-requests', '-o', $directory);
        is($run->{exit}, 0, 'it ends well') or diag($run->{err});
        my $round = round_file($directory, 4, 1);
        my %sent = bodies_of($directory);
        my (@over, @under, @foreign, $cut);
        for my $request (@{$round->{requests}}) {
            my $row = $request->{sample};
            my $was_cut = $sent{$row} ne $rows[$row]{text};
            $cut += $was_cut;
            push @over, $row if $request->{input_tokens} > 512;
            push @under, "$row: $request->{input_tokens}" if $was_cut && $request->{input_tokens} <= 500;
            push @under, "$row was cut" if $was_cut && $full{$row}{input_tokens} <= 512;
            push @foreign, $row if !is_part_of($sent{$row}, $rows[$row]{text}, $mode);
        }
        is_deeply(\@over, [], 'by usage no prompt is longer than the limit');
        is_deeply(\@under, [], 'those that were cut are about as long');
        is_deeply(\@foreign, [], 'what is sent is a part of the prompt');
        cmp_ok($cut, '>', 20, 'many were cut');
        is($round->{configuration}{cut_requests}, $cut, 'the configuration says how many');
        is($round->{configuration}{tokenizer}, 'server', 'and by whose count');
        like($run->{out}, qr/^Prompts cut to --max-input-length: $cut \(tokens counted by the server\)$/m, 'the table too');
        is($round->{requests}[0]{prompt}, $rows[0]{text}, 'files show the prompt of the dataset');
    };
}

subtest 'the salt counts too' => sub {
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '--max-input-length', 512, '--cold-start', 'salt',
        '--system-prompt', 'Be kind to all who ask.', '-o', "$scratch/salted");
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    my @over = grep { $_->{input_tokens} > 512 } @{round_file("$scratch/salted", 1, 1)->{requests}};
    is(scalar @over, 0, 'no prompt is longer than the limit');
    like($run->{err}, qr/the server counts tokens/, 'auto says whom it asks');
};

subtest 'the completions API' => sub {
    my $run = fluxperf('-d', $rows, '-u', "$mock->{url}/v1/completions", '--max-input-length', 512,
        '-o', "$scratch/completions");
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    my @requests = @{round_file("$scratch/completions", 1, 1)->{requests}};
    is(scalar(grep { $_->{input_tokens} > 512 } @requests), 0, 'no prompt is longer than the limit');
    cmp_ok(scalar(grep { $_->{input_tokens} > 500 } @requests), '>', 20, 'many were cut to about its length');
};

subtest 'an estimate learns from the usage' => sub {
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-c', 1, 2, '--max-input-length', 512,
        '--tokenizer', 'estimate', '-o', "$scratch/estimate");
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    my @off = map {
        my $level = $_;
        my @cut = grep { $full{$_->{sample}}{input_tokens} > 700 } @{round_file("$scratch/estimate", $level, 1)->{requests}};
        my $sum = 0;
        $sum += $_->{input_tokens} for @cut;
        abs($sum / @cut - 512);
    } 1, 2;
    cmp_ok($off[1], '<', $off[0], 'the second level is closer to the limit');
    is(round_file("$scratch/estimate", 1, 1)->{configuration}{tokenizer}, 'estimate', 'files say that it is one');
};
stop($mock->{pid});

for my $dialect (qw(llama sglang)) {
    subtest "the dialect of $dialect" => sub {
        my $source = source(sub {
            my ($socket, $request) = @_;
            return send_bytes($socket, http_answer(200, 'text/event-stream',
                sse(text_event('a'), finish_event('stop'), usage_event(9, 1), DONE)));
        }, $dialect);
        my $run = fluxperf('-d', $rows, '-u', $source->{url}, '--rounds', 1, '--max-input-length', 300,
            '--tokenizer', 'server', '--save-requests', '-o', "$scratch/$dialect");
        is($run->{exit}, 0, 'it ends well') or diag($run->{err});
        my %sent = bodies_of("$scratch/$dialect");
        # Each character is a token; two more stand between messages, and 5 for the second one.
        my %beside = map { $_ => $rows[$_]{system} ? length('Answer in a few words.') + 2 + 5 : 0 } 0 .. 39;
        my @wrong = grep {
            my $most = 300 - $beside{$_};
            my $text = $rows[$_]{text};
            $sent{$_} ne (length $text > $most ? substr($text, 0, $most) : $text);
        } 0 .. 39;
        is_deeply(\@wrong, [], 'prompts are cut to the token');
        stop($source->{pid});
    };
}

subtest 'a server without a tokenizer' => sub {
    my $source = source(sub { die 'nothing is sent' }, 'none');
    my $run = fluxperf('-d', $rows, '-u', $source->{url}, '--max-input-length', 300, '--tokenizer', 'server',
        '-o', "$scratch/none");
    is($run->{exit}, 1, 'ends the run before it begins');
    like($run->{err}, qr{--tokenizer server: .*/tokenize.*--tokenizer estimate}, 'and says what to do');
    stop($source->{pid});
};
done_testing;
