#!/usr/bin/perl
# `fluxperf check` looks at what a run needs: at a dataset, row by row; at a server, instant by instant.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

# Rows in all bars of the plot.
sub in_plot
{
    my ($run) = @_;
    my $sum = 0;
    $sum += $_ for $run->{out} =~ /^ +\d+ - \d+ +\S+ (\d+)$/mg;
    return $sum;
}

subtest 'a good dataset' => sub {
    my $run = fluxperf('check', 'dataset', 'builtin:shared-prefix');
    is($run->{exit}, 0, 'exit status');
    is($run->{err}, '', 'nothing on stderr');
    like($run->{out}, qr/^builtin:shared-prefix: 40 rows, 0 bad$/m, 'rows');
    like($run->{out}, qr/^Form +40  text/m, 'forms');
    like($run->{out}, qr/^Cache +8\d\.\d %/m, 'the four texts are shared in round 1');
    like($run->{out}, qr/^ +99\.\d %  of round 2/m, 'all of it in round 2');
    is(in_plot($run), 40, 'the plot holds every row');
    my $scratch = scratch;
    my $wide = fluxperf('check', 'dataset', dataset("$scratch/wide.jsonl", map { 'word ' x 4 ** $_ } 0 .. 7));
    is(in_plot($wide), 8, 'of very different lengths too');
    ok(!grep({ length > 80 } split /\n/, $run->{out} =~ s/[^\x00-\x7f]{3}/x/gr), 'lines are short');
};

subtest 'the datasets that are shipped' => sub {
    my $readme = slurp("$ROOT/datasets/README.md");
    my @files = map { s{.*/}{}r } glob "$ROOT/datasets/*";
    like($readme, qr/`\Q$_\E`/, "README.md names $_") for grep { $_ ne 'README.md' } @files;
    my $run = fluxperf({cwd => "$ROOT/datasets"}, 'check', 'dataset', grep { /\.jsonl?$/ } @files);
    is($run->{exit}, 0, 'every row of them is good') or diag($run->{err});
    is(() = $run->{out} =~ /^Repeated +0 /mg, scalar(grep { /\.jsonl?$/ } @files), 'none is there twice');
};

subtest 'each bad row has its place and reason' => sub {
    my $scratch = scratch;
    my $lines = spew("$scratch/lines.jsonl", qq({"text":"a"}\n), qq({"text":7}\n), "\n",
        qq({"text":"a"}\n), qq({"txt":"b"}\n), qq({"text":"\xff"}\n), qq({"text":"c" "d"}\n));
    my $run = fluxperf('check', 'dataset', '--ascii', $lines);
    is($run->{exit}, 1, 'exit status');
    my @said = $run->{out} =~ /lines\.jsonl:(\d[^\n]*)/g;
    is(scalar @said, 4, 'four bad rows') or diag($run->{out});
    like($said[0], qr/^2:9: "text" must be a string/, 'a wrong type');
    like($said[1], qr/^5: no prompt: the row has "txt"/, 'an unknown key');
    like($said[2], qr/^6:10: byte 0xff is not UTF-8/, 'another encoding');
    like($said[3], qr/^7:13: expected/, 'a comma that is missing');
    like($run->{out}, qr/6 rows, 4 bad/, 'counts');
    like($run->{out}, qr/^Repeated +1 .*line 4, as line 1/m, 'a repeated prompt');
    unlike($run->{out}, qr/[^\x00-\x7f]/, 'plain characters');
};

subtest 'a file that cannot be used' => sub {
    my $scratch = scratch;
    my $array = spew("$scratch/array.json", qq([{"text":"a"},\n {"text":"b"}\n {"text":"c"}]\n));
    my $run = fluxperf('check', 'dataset', $array);
    is($run->{exit}, 2, 'an array with a syntax error');
    like($run->{err}, qr/array\.json:3:2: expected/, 'its place');
    $run = fluxperf('check', 'dataset', "$scratch/example_dataset.json", 'builtin:demo');
    is($run->{exit}, 2, 'one of two files is missing');
    like($run->{err}, qr/try --dataset builtin:example/, 'the built-in of that name');
    like($run->{out}, qr/^builtin:demo: 64 rows/m, 'the other is checked all the same');
    is(fluxperf('check', 'dataset')->{exit}, 2, 'no file');
    is(fluxperf('check', 'weather')->{exit}, 2, 'something else');
};

subtest 'an endpoint that does everything' => sub {
    my $mock = mock('--ttft', 5, '--itl', 20, '--api-key', 'secret-of-the-house');
    my $run = fluxperf('check', 'endpoint', '--api-key', 'secret-of-the-house', "127.0.0.1:$mock->{port}", '--events');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my %facts = $run->{out} =~ /^([A-Z][a-z]+(?: reset)?) {2,}(\S.*)$/mg;
    like($facts{$_->[0]}, $_->[1], $_->[0])
        for ['Up', qr/^yes; connections stay open/], ['Engine', qr/^built-in server$/], ['Model', qr/^mock-model/],
        ['Streams', qr/^yes$/], ['Usage', qr/with cached tokens/], ['Tokenizer', qr{^/tokenize, with whole chats}],
        ['Cache reset', qr{^http://127\.0\.0\.1:\d+/reset_prefix_cache by POST \(not tried}],
        ['Metrics', qr{^/metrics, \d+ values}];
    my ($clock) = $run->{out} =~ /^One request.*?\n(.*?)\n\n/ms;
    my @ms = $clock =~ /^ +(-?[\d.]+) ms /mg;
    is("@ms", join(' ', sort { $a <=> $b } @ms), 'instants are in order');
    like($clock, qr/first token: TTFT\n.*ITL [\d.]+ ms over 16 tokens\n.*end: latency/, 'and named');
    my ($events) = $run->{out} =~ /^(\d+) events, 16 with text, \d+ input tokens, 0 of them cached, 16 output/m;
    is(scalar(() = $run->{out} =~ /^ +[\d.]+ ms  [{\[]/mg), $events, 'every event is shown');
    unlike($run->{out}, qr/secret-of/, 'the key is not');
    my ($line) = $run->{out} =~ /^To benchmark it:\n  fluxperf (.*)$/m;
    like($line, qr/--reset-cache-url auto/, 'the suggestion uses what was found');
    unlike($line, qr/--events/, 'and nothing of this command');
    is(fluxperf('--dry-run', split / /, $line =~ tr/'//dr)->{exit}, 0, 'run takes it');
    stop($mock->{pid});
};

subtest 'an endpoint that tells little' => sub {
    my $source = source(sub { 0 }, 'none');
    my $run = fluxperf('check', 'endpoint', $source->{url});
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    like($run->{out}, qr/^Engine +not told$/m, 'no engine');
    like($run->{out}, qr/^Up +yes; it closes/m, 'no kept connections');
    like($run->{out}, qr/^Usage +yes, without cached tokens/m, 'no cached tokens');
    like($run->{out}, qr/^Tokenizer +none/m, 'no tokenizer');
    like($run->{out}, qr/^Cache reset +none known/m, 'no reset');
    like($run->{out}, qr/^Metrics +none/m, 'no metrics: an answer of another kind is none');
    like($run->{out}, qr/--cold-start salt$/m, 'the suggestion does without');
    stop($source->{pid});
};

subtest 'what a server says moves no cursor and shows no key' => sub {
    my $source = source(sub {
        my ($socket) = @_;
        return send_bytes($socket, stream_head(), sse(text_event('a\u001b[31m key-of-mine'), finish_event('stop'), DONE())) && 0;
    }, 'none');
    my $run = fluxperf('check', 'endpoint', $source->{url}, '--events', '--api-key', 'key-of-mine', '--model', 'sample-1');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    unlike($run->{out}, qr/\e/, 'no escape');
    unlike($run->{out}, qr/key-of-mine/, 'no key');
    unlike(fluxperf('check', 'endpoint', $source->{url} =~ s{//}{//me:open-sesame@}r)->{out}, qr/sesame/, 'no password');
    like($run->{out}, qr/It said: a\S*\[31m \*+$/m, 'the rest is there');
    stop($source->{pid});
};

subtest 'an endpoint that is of no use' => sub {
    my $mock = mock('--not-a-stream', 1);
    my $run = fluxperf('check', 'endpoint', $mock->{url});
    is($run->{exit}, 1, 'no stream');
    like($run->{err}, qr/the request failed \(not_a_stream\)/, 'which is said');
    unlike($run->{out}, qr/To benchmark it/, 'nothing is suggested');
    stop($mock->{pid});
    $run = fluxperf('check', 'endpoint', $mock->{url});
    is($run->{exit}, 1, 'nobody there');
    like($run->{err}, qr/cannot reach .*is the server running/, 'which is said');
    is(fluxperf('check', 'endpoint', $mock->{url}, 'another')->{exit}, 2, 'two servers');
    like(fluxperf('check', 'endpoint', $mock->{url}, '--concurrency', 4)->{err}, qr/unknown option --concurrency/, 'options of a run');
};

done_testing;
