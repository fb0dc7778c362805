#!/usr/bin/perl
# --debug logs a document for each request; no secret is in any file, and no request waits for it.
use strict;
use warnings;
use File::Find ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $key = 'sk-hush"\\hush';    # where JSON has to escape it
my $header = 'tell-nobody-1';

sub files_below
{
    my @files;
    File::Find::find({no_chdir => 1, wanted => sub { push @files, $_ if -f }}, @_);
    return @files;
}

sub documents
{
    my @logs = glob "$_[0]/debug_*.jsonl";
    is(scalar @logs, 1, 'one log');
    return read_jsonl($logs[0]);
}

spew("$scratch/rows.jsonl", map { JSON::PP->new->utf8->encode($_) . "\n" }
    {text => 'sample-0 asks'}, {session_id => 's1', user_messages => ['sample-1 asks']},
    {text => "sample-2 tells $key and $header"});

sub escaped { return JSON::PP->new->allow_nonref->encode($_[0]) =~ s/^"|"$//gr }

sub answer
{
    my ($socket, $request) = @_;
    send_bytes($socket, stream_head()
        . sse(text_event('I heard: '), text_event(escaped("$key $header")), usage_event(11, 2), finish_event('stop'), DONE));
    return 0;
}

subtest 'a document for each request of each round' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1));
    my $run = fluxperf({cwd => "$scratch"}, qw(-d rows.jsonl -c 2 --max-output-tokens 3 --debug -o plain -u), $mock->{url});
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my @documents = documents("$scratch/plain/debug_logs");
    is(scalar @documents, 6, 'three rows in two rounds');
    my %round = map { $_->{sample} => $_ } @{round_file("$scratch/plain", 2, 2)->{requests}};
    for my $document (grep { $_->{round} == 2 } @documents) {
        my $request = $round{$document->{sample}};
        is($document->{request}{messages}[-1]{content} =~ /^sample-(\d)/ && $1, $document->{sample}, 'the message list');
        is($document->{request}{max_tokens}, 3, 'the body as sent');
        is($document->{context_tokens}, $request->{input_tokens}, 'context tokens');
        is($document->{$_}, $request->{$_}, $_) for grep { /_ns$/ } keys %$request;
        ok(length $document->{reply}, 'the reply');
        ok(!exists $document->{raw_events}, 'no events unless asked');
    }
    is_deeply([map { $_->{session_id} } grep { $_->{sample} == 1 } @documents], ['s1', 's1'], 'session');
    is($documents[0]{turn_index}, 0, 'turn');
    stop($mock->{pid});
};

subtest 'each turn of a conversation, with the history it was asked with' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1));
    spew("$scratch/talk.jsonl", qq({"session_id":"s9","user_messages":["first","second","third"]}\n));
    my $run = fluxperf({cwd => "$scratch"}, qw(-d talk.jsonl --rounds 1 --max-output-tokens 2 --debug -o talk -u), $mock->{url});
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my @documents = documents("$scratch/talk/debug_logs");
    is_deeply([map { $_->{turn_index} } @documents], [0, 1, 2], 'turns');
    is_deeply([map { scalar @{$_->{request}{messages}} } @documents], [1, 3, 5], 'messages');
    is_deeply([map { $_->{dropped_turns} } @documents], [0, 0, 0], 'none was dropped');
    is($documents[2]{request}{messages}[3]{content}, $documents[1]{reply}, 'the reply is in the next history');
    is($documents[2]{session_id}, 's9', 'session');
    stop($mock->{pid});
};

subtest 'events with their arrival, and no secret in any file' => sub {
    my $source = source(\&answer);
    my $run = fluxperf({cwd => "$scratch"}, '-d', 'rows.jsonl', '-u', $source->{url}, '--api-key', $key, '-H',
        "X-Token: $header", qw(--debug-verbose --debug-log-dir logs --save-requests -o verbose --rounds 1));
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    ok(!-e "$scratch/verbose/debug_logs", 'the log is where it was asked for');
    my @documents = documents("$scratch/logs");
    for my $document (@documents) {
        my @events = @{$document->{raw_events}};
        is(scalar @events, 5, 'events');
        is($events[-1]{data}, '[DONE]', 'up to [DONE]');
        is($events[0]{at_ns}, $document->{first_event_ns}, 'stamped as the record is');
        is_deeply([sort { $a <=> $b } map { $_->{at_ns} } @events], [map { $_->{at_ns} } @events], 'in order');
        like($document->{reply}, qr/^I heard: \*+/, 'the reply with stars');
        is($document->{raw_events_lost}, 0, 'nothing lost');
    }
    # As it stands, as JSON escapes it once, and twice.
    my ($once, $twice) = (escaped($key), escaped(escaped($key)));
    my @files = files_below("$scratch/verbose", "$scratch/logs");
    cmp_ok(scalar @files, '>=', 5, 'files');
    for my $file (@files) {
        my $content = slurp($file);
        my @found = grep { index($content, $_) >= 0 } $key, $once, $twice, $header;
        is_deeply(\@found, [], $file =~ s{^\Q$scratch/}{}r);
    }
    unlike("$run->{out}$run->{err}", qr/\Q$key\E|\Q$header\E/, 'nor on a stream');
    stop($source->{pid});
};

subtest 'a failed request is logged too' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1 --500 1));
    fluxperf({cwd => "$scratch"}, qw(-d rows.jsonl -n 1 --rounds 1 --debug -o failed -u), $mock->{url});
    my ($document) = documents("$scratch/failed/debug_logs");
    is($document->{error}, 'http_status', 'class');
    is($document->{http_status}, 500, 'status');
    is($document->{reply}, '', 'no reply');
    stop($mock->{pid});
};

subtest 'a directory that cannot be written is said before anything is sent' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1));
    spew("$scratch/file", '');
    my $run = fluxperf({cwd => "$scratch"}, qw(-d rows.jsonl --debug --debug-log-dir file/logs -o refused -u), $mock->{url});
    is($run->{exit}, 1, 'exit status');
    like($run->{err}, qr{cannot make directory file}, 'message');
    stop($mock->{pid});
};

subtest 'an earlier log moves with its run, and goes with --overwrite' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1));
    my @run = (qw(-d rows.jsonl -n 1 --rounds 1 --debug -o again -u), $mock->{url});
    fluxperf({cwd => "$scratch"}, @run) for 1, 2;
    my ($earlier) = glob "$scratch/again/earlier/*";
    is(scalar(() = documents("$earlier/debug_logs")), 1, 'earlier');
    is(fluxperf({cwd => "$scratch"}, @run, '--overwrite')->{exit}, 0, 'overwritten');
    is(scalar(() = documents("$scratch/again/debug_logs")), 1, 'one is left');
    stop($mock->{pid});
};

done_testing;
