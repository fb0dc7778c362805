#!/usr/bin/perl
# The questions of a conversation go one after the other, with the model's replies between them; later
# rounds send the same bytes, and long histories lose their oldest turns.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use JSON::PP ();
use List::Util qw(max sum0);
use Test::More;
use Time::HiRes ();

my $scratch = scratch;
my $json = JSON::PP->new->utf8->canonical;

# ShareGPT rows as they are published: conversation i has i + 2 questions, the third one a system message,
# and some begin with a greeting of the model.
sub question { "sample-$_[0] turn-$_[1] asks" . ' more' x (($_[0] * 3 + $_[1] * 5) % 9) }
my @rows;
for my $row (0 .. 5) {
    my @turns;
    push @turns, {from => 'system', value => 'Answer as a clerk would'} if $row == 2;
    push @turns, {from => 'gpt', value => 'How can I help?'} if $row % 2;
    push @turns, {from => 'human', value => question($row, $_)}, {from => 'gpt', value => "theirs $_"}
        for 1 .. $row + 2;
    push @rows, {id => "id$row", conversations => \@turns};
}
my $sharegpt = spew("$scratch/sharegpt.json", $json->encode(\@rows));
my $all_turns = sum0(map { $_ + 2 } 0 .. 5);

# No two replies are the same, so that a later round's would be seen.
sub reply
{
    my ($socket, $request) = @_;
    my $text = sprintf 'reply \"%s\" %d', Time::HiRes::time(), $$;
    return send_bytes($socket, http_answer(200, 'text/event-stream',
        sse(text_event($text), finish_event('stop'), usage_event(50, 3 + length($request->{body}) % 7), DONE)));
}

sub turn_of { return $_[0]{body} =~ /.*turn-(\d+)/s ? $1 : 0 }

# (row, turn) => body, in two rounds; the first round is what came first of each.
sub bodies_by_turn
{
    my ($source) = @_;
    my @rounds;
    for my $entry (sort { $a->{begun} <=> $b->{begun} } read_jsonl($source->{record}->filename)) {
        my ($row) = $entry->{body} =~ /sample-(\d+)/;
        my $key = "$row " . turn_of($entry);
        my $round = exists $rounds[0]{$key} ? 1 : 0;
        ok(!exists $rounds[$round]{$key}, "turn $key is sent once a round") if exists $rounds[$round]{$key};
        $rounds[$round]{$key} = $entry;
    }
    return @rounds;
}

# What the journal says of round 1: (row, turn) => record.
sub records_of
{
    my ($directory, $round) = @_;
    return map { ("$_->{sample} $_->{turn}" => $_) }
        grep { $_->{type} eq 'request' && $_->{round} == $round } read_jsonl("$directory/journal.jsonl");
}

# The messages that turn `turn` of a row must have, worked out from the rules alone: a word is a token, a
# reply has the tokens of its usage, each message after the first costs 5 and the template 1.
sub expected
{
    my ($row, $turn, $records, $limit) = @_;
    my @system = $row == 2 ? ({role => 'system', content => 'Answer as a clerk would', tokens => 5}) : ();
    my @pairs;
    for my $past (1 .. $turn - 1) {
        my $record = $records->{"$row $past"};
        push @pairs, [{role => 'user', content => question($row, $past), tokens => words(question($row, $past))},
            {role => 'assistant', content => $record->{reply}, tokens => $record->{completion_tokens}}];
    }
    my $last = {role => 'user', content => question($row, $turn), tokens => words(question($row, $turn))};
    my $dropped = 0;
    my $size = sub {
        my @messages = (@system, map({ @$_ } @pairs), $last);
        return 1 + 5 * (@messages - 1) + sum0(map { $_->{tokens} } @messages);
    };
    if ($limit) {
        while (@pairs && $size->() > $limit) { shift @pairs; $dropped++ }
    }
    return ($dropped, map { {role => $_->{role}, content => $_->{content}} } @system, map({ @$_ } @pairs), $last);
}

for my $limit (0, 60) {
    subtest $limit ? 'a limit on the context' : 'no limit' => sub {
        my $directory = "$scratch/limit-$limit";
        my $source = source(\&reply);
        my $run = fluxperf('-d', $sharegpt, '-u', $source->{url}, '-c', 3, '-o', $directory,
            $limit ? ('--max-context-tokens', $limit, '--tokenizer', 'server') : ());
        is($run->{exit}, 0, 'it ends well') or diag($run->{err});
        my @rounds = bodies_by_turn($source);
        my %records = records_of($directory, 1);
        is(scalar keys %{$rounds[0]}, $all_turns, 'every question is asked');
        is(scalar keys %records, $all_turns, 'and has its record');
        my (@wrong, @other, @miscounted, $dropped_in_all);
        for my $key (sort keys %{$rounds[0]}) {
            my ($row, $turn) = split / /, $key;
            my ($dropped, @messages) = expected($row, $turn, \%records, $limit);
            my $sent = $json->decode($rounds[0]{$key}{body})->{messages};
            push @wrong, $key if $json->encode($sent) ne $json->encode(\@messages);
            push @other, $key if $rounds[0]{$key}{body} ne ($rounds[1]{$key}{body} // '');
            push @miscounted, $key if $records{$key}{dropped_turns} != $dropped;
            $dropped_in_all += $dropped;
        }
        is_deeply(\@wrong, [], 'histories are what the rules make of the replies');
        is_deeply(\@other, [], 'round 2 sends the bodies of round 1');
        is_deeply(\@miscounted, [], 'records say how many turns were left out');
        my $round = round_file($directory, 3, 1);
        is($round->{summary}{dropped_turns}, $dropped_in_all, 'and so does the summary');
        cmp_ok($dropped_in_all, '>', 5, 'some were') if $limit;
        like($run->{out}, qr/Histories shortened to --max-context-tokens: \d+, by $dropped_in_all turns/, 'it is said')
            if $limit;
        is($round->{configuration}{tokenizer}, $limit ? 'server' : undef, 'who counted is said');
        stop($source->{pid});
    };
}

subtest 'records and files' => sub {
    my $directory = "$scratch/limit-0";
    my $round = round_file($directory, 3, 1);
    is($round->{summary}{total_requests}, $all_turns, 'turns are planned');
    is_deeply([map { $_->{index} } @{$round->{requests}}], [0 .. $all_turns - 1], 'indices count all turns');
    is($round->{requests}[1]{turn_index}, 1, 'turn_index begins at 0');
    is($round->{requests}[1]{prompt}, question(0, 2), 'each turn shows its question');
    is($round->{requests}[0]{session_id}, 'row-0', 'a session without a name has its row\'s');
    is(scalar @{$round->{summary}{turns}}, 7, 'figures by turn');
    is($round->{summary}{turns}[0]{successful_requests}, 6, 'all have a first turn');
    is($round->{summary}{turns}[6]{successful_requests}, 1, 'one has a seventh');
    my %by_turn = map { $_->[7] => 1 } read_csv("$directory/figures.csv");
    ok($by_turn{7}, 'figures.csv has them too');

    my @intervals;
    my %by_session;
    push @{$by_session{$_->{sample}}}, $_ for @{$round->{requests}};
    my $early = 0;
    for my $turns (values %by_session) {
        $early += $turns->[$_]{dispatched_ns} < $turns->[$_ - 1]{end_ns} for 1 .. $#$turns;
        push @intervals, [$turns->[0]{dispatched_ns}, 1], [$turns->[-1]{end_ns}, -1];
    }
    is($early, 0, 'no turn begins before the one before it has ended');
    my ($open, $most) = (0, 0);
    for (sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] } @intervals) {
        $most = max($most, $open += $_->[1]);
    }
    is($most, 3, 'as many conversations as the concurrency says');
};

subtest 'the pause of a user' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1 --reply-tokens 3 --prefill-rate 1e9));
    my $run = fluxperf('-d', $sharegpt, '-u', $mock->{url}, '-c', 3, '--rounds', 1, '--turn-delay', '20ms',
        '-n', 3, '-o', "$scratch/delay");
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    my (@odd, $last);
    for my $request (@{round_file("$scratch/delay", 3, 1)->{requests}}) {
        push @odd, $request->{index}
            if $request->{turn_index} && $request->{intended_ns} != $last->{end_ns} + 20e6;
        $last = $request;
    }
    is_deeply(\@odd, [], 'a turn is meant for the end of the one before and the pause');
    stop($mock->{pid});
};

subtest 'a turn that fails' => sub {
    my $source = source(sub {
        my ($socket, $request) = @_;
        return reply($socket, $request) unless $request->{sample} == 3 && turn_of($request) == 2;
        return send_bytes($socket, http_answer(500, 'application/json', '{"error":{"message":"no"}}'));
    });
    my $run = fluxperf('-d', $sharegpt, '-u', $source->{url}, '-c', 2, '--rounds', 3, '-o', "$scratch/failing");
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    for my $round (1 .. 3) {
        my $file = round_file("$scratch/failing", 2, $round);
        my %count = map { $_ => $file->{summary}{"${_}_requests"} } qw(total successful failed cancelled not_sent);
        is_deeply(\%count, {total => $all_turns, successful => $all_turns - 4, failed => 1, cancelled => 0,
            not_sent => 3}, "round $round: it ends its conversation, in this round and the later ones");
    }
    stop($source->{pid});
};

subtest 'a time limit' => sub {
    my $mock = mock(qw(--ttft 30 --itl 0.1 --reply-tokens 3 --prefill-rate 1e9));
    my $run = fluxperf('-d', $sharegpt, '-u', $mock->{url}, '-c', 2, '--duration', '0.1', '-o', "$scratch/time");
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    my @sent;
    for my $round (1, 2) {
        my $file = round_file("$scratch/time", 2, $round);
        my $summary = $file->{summary};
        is($summary->{successful_requests} + $summary->{not_sent_requests}, $summary->{total_requests},
            "round $round: each turn has one fate");
        push @sent, join ' ', map { $_->{index} } @{$file->{requests}};
    }
    is($sent[1], $sent[0], 'round 2 sends what round 1 sent');
    stop($mock->{pid});
};

subtest 'a row sent whole' => sub {
    my $source = source(\&reply);
    my $run = fluxperf('-d', $sharegpt, '-u', $source->{url}, '--mode', 'dual_round', '-o', "$scratch/whole");
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    is(round_file("$scratch/whole", 1, 1)->{summary}{total_requests}, 6, 'a request for each row');
    stop($source->{pid});
};

subtest 'no text in files' => sub {
    my $source = source(\&reply);
    my $run = fluxperf('-d', $sharegpt, '-u', $source->{url}, '--no-text', '-o', "$scratch/silent");
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    my ($second) = grep { turn_of($_) == 2 } read_jsonl($source->{record}->filename);
    like($second->{body}, qr/"assistant","content":"reply/, 'replies are sent on');
    unlike(slurp("$scratch/silent/journal.jsonl"), qr/reply \\"|turn-1/, 'and kept out of the journal');
    is($second->{headers}{'x-session-id'}, "row-" . ($second->{body} =~ /sample-(\d+)/)[0], 'the session header');
    stop($source->{pid});
};
done_testing;
