#!/usr/bin/perl
# Datasets of others become rows that run takes: the prompts, which rows, and what is said of bad ones.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use IO::Socket::INET;
use JSON::PP ();
use Test::More;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);
my $json = JSON::PP->new->utf8->canonical;

sub row { return $json->encode({@_}) . "\n" }
sub texts { return map { $_->{text} } read_jsonl($_[0]) }

# dataset, context, input → the prompt that `auto` makes of them
my @families = (
    ['narrativeqa', 'A tale.', 'Who?', "A tale.\n\nQuestion: Who?\nAnswer:"],
    ['qasper', 'A paper.', 'Why?', "A paper.\n\nQuestion: Why?\nAnswer:"],
    ['multifieldqa_en', 'A page.', 'When?', "A page.\n\nQuestion: When?\nAnswer:"],
    ['multifieldqa_zh', '一页。', '谁？', "一页。\n\n问题：谁？\n回答："],
    ['hotpotqa', "Passage 1:\nA.\n", 'Who?', "Passage 1:\nA.\n\nQuestion: Who?\nAnswer:"],
    ['2wikimqa', 'Two.', 'Who?', "Two.\n\nQuestion: Who?\nAnswer:"],
    ['musique', 'Three.', 'Who?', "Three.\n\nQuestion: Who?\nAnswer:"],
    ['dureader', '文章。', '怎么？', "文章。\n\n问题：怎么？\n回答："],
    ['gov_report', 'A report.', '', "A report.\n\nSummarise the report above on one page."],
    ['qmsum', 'A meeting.', 'What of it?', "A meeting.\n\nQuestion: What of it?\nAnswer:"],
    ['multi_news', 'News.', '', "News.\n\nSummarise the news above on one page."],
    ['vcsum', '会议。', '', "会议。\n\n请概括上面这次会议的内容。"],
    ['trec', "Question: a\nType: b", "Question: c\nType:", "Question: a\nType: b\nQuestion: c\nType:"],
    ['triviaqa', "Answer: b\n", "Question: c\nAnswer:", "Answer: b\nQuestion: c\nAnswer:"],
    ['samsum', "Summary: s", "\nDialogue: d\nSummary: ", "Summary: s\nDialogue: d\nSummary: "],
    ['lsht', '类别：体育', "新闻\n类别：", "类别：体育\n新闻\n类别："],
    ['passage_count', 'P 1', '',
        "P 1\n\nSome of these paragraphs are repeated. How many different ones are there? "
            . 'Answer with the number alone.'],
    ['passage_retrieval_en', 'P 1', 'About x.',
        "P 1\n\nAbstract: About x.\n\nWhich paragraph does the abstract describe? Answer with its number."],
    ['passage_retrieval_zh', '段落1', '关于x。',
        "段落1\n\n摘要：关于x。\n\n这段摘要描述的是哪一个段落？请只回答段落的编号。"],
    ['lcc', "int main()\n{\n", '', "int main()\n{\n\nWrite the next line of this code, and nothing else."],
    ['repobench-p', "// a.c\n", 'int x =',
        "// a.c\nint x =\n\nWrite the next line of this code, and nothing else."],
    ['somebody_elses', 'Text.', 'What?', "Text.\n\nQuestion: What?\nAnswer:"],
    ['others_in_chinese', '文。', '谁？', "文。\n\n问题：谁？\n回答："],
);

subtest 'every task of LongBench asks what it asks' => sub {
    my $scratch = scratch;
    spew("$scratch/all.jsonl", map { row(dataset => $_->[0], context => $_->[1], input => $_->[2], _id => $_->[0],
        language => $_->[0] =~ /chinese/ ? 'zh' : undef) } @families);
    my $run = fluxperf('convert', 'longbench', '--input-file', "$scratch/all.jsonl", '-o', "$scratch/out.jsonl", '--no-shuffle');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my %text = map { $_->{dataset} => $_->{text} } read_jsonl("$scratch/out.jsonl");
    is($text{$_->[0]}, $_->[3], $_->[0]) for @families;
    is(fluxperf('--dry-run', '-d', "$scratch/out.jsonl", '-u', '127.0.0.1:1')->{exit}, 0, 'run takes the result');
};

subtest 'the other formats' => sub {
    my $scratch = scratch;
    my $in = spew("$scratch/hotpotqa.jsonl", row(context => 'C', input => 'Q'));
    my %expected = (
        context_question => "C\n\nQuestion: Q\nAnswer:", context_only => 'C', question_only => 'Q', concatenate => "C\nQ");
    for my $format (sort keys %expected) {
        my $run = fluxperf('convert', 'longbench', '--input-file', $in, '-o', '-', '--format', $format);
        is_deeply($json->decode($run->{out}), {text => $expected{$format}, dataset => 'hotpotqa'}, $format);
    }
};

# Nested folders, both kinds of file, repeated and bad rows: 8 good ones, of which 2 twice.
sub tree
{
    my ($at) = @_;
    mkdir $_ for $at, map { "$at/$_" } 'data', 'data/more', 'data/.hidden';
    spew("$at/data/hotpotqa.jsonl",
        (map { row(dataset => 'hotpotqa', context => "C$_", input => 'Q', _id => "h$_") } 1 .. 3),
        qq({"context": "cut off\n), "\n", row(dataset => 'hotpotqa', context => 'C1 again', input => 'Q', _id => 'h1'));
    spew("$at/data/more/qasper_e.json", $json->encode([
        (map { {dataset => 'qasper', context => "C$_", input => 'Q'} } 1 .. 3),
        {dataset => 'qasper', context => 'C2', input => 'Q'},
        {dataset => 'qasper', context => 7, input => 'Q'},
    ]));
    spew("$at/data/more/mixed.jsonl", row(dataset => 'qasper', context => 'C9', input => 'Q', _id => 'h1'),
        row(dataset => 'trec', context => 'C', input => 'Q', _id => 't'), row(text => 'of another form'));
    spew("$at/data/.hidden/x.jsonl", row(context => 'never read', input => ''));
    spew("$at/data/README.md", 'no rows');
    return $at;
}

subtest 'a directory with nested folders, repeated and bad rows' => sub {
    my $scratch = scratch;
    tree("$scratch/LongBench");
    my $run = fluxperf({cwd => "$scratch"}, 'convert', 'longbench', '-o', 'out.jsonl', '--no-shuffle');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    is(scalar(texts("$scratch/out.jsonl")), 8, 'each good row once');
    like($run->{err}, qr{^read 13 rows in 3 files: 3 bad, 2 repeated$}m, 'counts');
    like($run->{err}, qr{LongBench/data/hotpotqa\.jsonl:4:\d+: .*closing quote}, 'a bad line is named with its column');
    like($run->{err}, qr{more/qasper_e\.json:1:\d+: "context" must be a string, not a number}, 'so is an element');
    like($run->{err}, qr{more/mixed\.jsonl:3: no "context" and no "input"}, 'and a row of another form');
    my $again = fluxperf({cwd => "$scratch"}, 'convert', 'longbench', '-o', 'LongBench/data/out.jsonl');
    my $third = fluxperf({cwd => "$scratch"}, 'convert', 'longbench', '-o', 'LongBench/data/out.jsonl');
    is($third->{err}, $again->{err}, 'what it wrote itself is not read the next time');
};

subtest 'datasets are chosen by the field or by the file' => sub {
    my $scratch = scratch;
    tree("$scratch/in");
    my $count = sub {
        my $run = fluxperf('convert', 'longbench', '--input-dir', "$scratch/in", '-o', '-', '--dataset', @_);
        return (scalar(() = $run->{out} =~ /\n/g), $run);
    };
    is(($count->('qasper'))[0], 4, 'by the field');
    is(($count->('qasper_e'))[0], 3, 'by the name of the file');
    is(($count->('qasper', 'trec'))[0], 5, 'several');
    my ($none, $run) = $count->('narrativqa');
    is($none, 0, 'a name that is none');
    is($run->{exit}, 2, 'exit status');
    like($run->{err}, qr/no row of narrativqa; there are rows of hotpotqa, qasper/, 'what there is');
};

subtest 'samples are never repeated, and follow the seed' => sub {
    my $scratch = scratch;
    my $in = spew("$scratch/trec.jsonl", map { row(context => "C$_", input => '') } 1 .. 50);
    my $take = sub {
        my $run = fluxperf('convert', 'longbench', '--input-file', $in, '-o', '-', @_);
        return ([map { $json->decode($_)->{text} } split /\n/, $run->{out}], $run);
    };
    my ($first) = $take->('-n', 20);
    my %seen = map { $_ => 1 } @$first;
    is(keys %seen, 20, 'twenty different ones');
    is_deeply(($take->('-n', 20))[0], $first, 'the same again');
    isnt("@{($take->('-n', 20, '--seed', 7))[0]}", "@$first", 'another seed, another order');
    is_deeply(($take->('-n', 3, '--no-shuffle'))[0], ['C1', 'C2', 'C3'], 'the order of the file');
    my ($all, $run) = $take->('-n', 60);
    is(@$all, 50, 'no more than there are');
    like($run->{err}, qr/60 rows were asked for, and there are only 50/, 'which is said');
};

subtest 'where it cannot write' => sub {
    my $scratch = scratch;
    my $in = spew("$scratch/trec.jsonl", row(context => 'C', input => ''));
    my @words = ('convert', 'longbench', '--input-file', $in, '-o');
    my $run = fluxperf(@words, "$scratch/no/such/folder");
    is($run->{exit}, 1, 'exit status');
    like($run->{err}, qr{cannot write \S+/no/such/folder: No such file}, 'the reason');
    like(fluxperf(@words, $in)->{err}, qr{trec\.jsonl is read and would be written: give another --output}, 'its own source');
    like(slurp($in), qr/context/, 'which is as it was');
    symlink '/dev/full', "$scratch/full" or die $!;
    is(fluxperf(@words, "$scratch/full")->{exit}, 1, 'a full device');
    ok(-l "$scratch/full", 'the link to it is not replaced by a file');
    symlink 'target', "$scratch/link" or die $!;
    is(fluxperf(@words, "$scratch/link")->{exit}, 0, 'a link');
    is(slurp("$scratch/target"), qq({"text":"C","dataset":"trec"}\n), 'is written through');
};

subtest 'without a source, or with an archive, it says what to unpack where' => sub {
    my $scratch = scratch;
    my $run = fluxperf({cwd => "$scratch"}, 'convert', 'longbench', '-o', 'out.jsonl');
    is($run->{exit}, 2, 'exit status');
    like($run->{err}, qr{data\.zip.*\./LongBench.*unzip data\.zip -d LongBench}, 'no source');
    spew("$scratch/data.zip", "PK\x03\x04rest");
    $run = fluxperf({cwd => "$scratch"}, 'convert', 'longbench', '-o', 'out.jsonl', '--input-file', 'data.zip');
    is($run->{exit}, 2, 'exit status');
    like($run->{err}, qr{unzip data\.zip -d \.}, 'an archive');
    like(fluxperf('convert', 'longbench')->{err}, qr/--output FILE is needed/, 'no output');
    like(fluxperf('convert', 'longbench', '-o', 'x', '--url', 'http://a/b', '--input-file', 'c')->{err}, qr/give one of/, 'two sources');
};

# Serves `content` with ranges. The first answer breaks off in the middle. Each request's Range goes to `log`.
sub file_server
{
    my ($content, $log, $etag) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 8, ReuseAddr => 1) or die $!;
    my $port = $listener->sockport;
    my $pid = fork // die "fork: $!";
    return ($pid, "http://127.0.0.1:$port/folder/trec.jsonl") if $pid;
    local $SIG{ALRM} = sub { POSIX::_exit(1) };
    alarm 60;
    for (my $answers = 0; my $socket = $listener->accept; $answers++) {
        my $request = '';
        while ($request !~ /\r\n\r\n/) { sysread($socket, $request, 4096, length $request) or last }
        my ($from) = $request =~ /^Range: bytes=(\d+)-/mi;
        my ($tag) = $request =~ /^If-Range: (\S+)/mi;
        open my $file, '>>', $log;
        print $file defined $from ? "from $from if $tag\n" : "whole\n";
        close $file;
        my $ranged = defined $from && $tag eq $etag;
        my $rest = $ranged ? substr($content, $from) : $content;
        syswrite $socket, 'HTTP/1.1 ' . ($ranged ? '206 Partial Content' : '200 OK') . "\r\nETag: $etag\r\n"
            . 'Content-Length: ' . length($rest) . "\r\nConnection: close\r\n\r\n"
            . ($answers ? $rest : substr($rest, 0, length($rest) / 2));
        close $socket;
    }
    POSIX::_exit(0);
}

subtest 'a download that broke off goes on' => sub {
    my $scratch = scratch;
    my $content = join '', map { row(context => "C$_" x 200, input => '') } 1 .. 100;
    my ($pid, $url) = file_server($content, "$scratch/log", '"v1"');
    my @words = ({cwd => "$scratch"}, 'convert', 'longbench', '--url', $url, '-o', 'out.jsonl');
    my $run = fluxperf(@words);
    is($run->{exit}, 2, 'the first attempt fails');
    like($run->{err}, qr/cannot fetch .*run this again to go on/, 'and says how to go on');
    $run = fluxperf(@words);
    is($run->{exit}, 0, 'the second one ends it') or diag($run->{err});
    my $half = length($content) / 2;
    is(slurp("$scratch/log"), "whole\nfrom $half if \"v1\"\n", 'only the rest was fetched');
    is(slurp("$scratch/LongBench/trec.jsonl"), $content, 'the file is whole');
    is(scalar(texts("$scratch/out.jsonl")), 100, 'and converted');
    ok(!-e "$scratch/LongBench/trec.jsonl.part" && !-e "$scratch/LongBench/trec.jsonl.part.etag", 'nothing is left beside it');
    like(fluxperf(@words)->{err}, qr/is there already/, 'a third time nothing is fetched');
    kill TERM => $pid;
    waitpid $pid, 0;
};

subtest 'a download whose file has changed since begins anew' => sub {
    my $scratch = scratch;
    my $content = join '', map { row(context => "new $_", input => '') } 1 .. 100;
    mkdir "$scratch/LongBench";
    spew("$scratch/LongBench/trec.jsonl.part", 'old bytes');
    spew("$scratch/LongBench/trec.jsonl.part.etag", '"v0"');
    my ($pid, $url) = file_server($content, "$scratch/log", '"v1"');
    my @words = ({cwd => "$scratch"}, 'convert', 'longbench', '--url', $url, '-o', 'out.jsonl');
    fluxperf(@words) for 1 .. 2;
    is((split /\n/, slurp("$scratch/log"))[0], 'from 9 if "v0"', 'it asks by the mark of the old one');
    is(slurp("$scratch/LongBench/trec.jsonl"), $content, 'and has the new one');
    kill TERM => $pid;
    waitpid $pid, 0;
};

subtest 'ShareGPT' => sub {
    my $scratch = scratch;
    my $turn = sub { return {from => $_[0], value => $_[1]} };
    mkdir "$scratch/in";
    spew("$scratch/in/a.json", $json->encode([
        {id => 'x_0', conversations => [$turn->('human', 'one'), $turn->('gpt', 'A'), $turn->('human', "two\n")]},
        {id => 'x_1', conversations => [$turn->('human', 'three'), $turn->('gpt', 'B'), $turn->('human', '  ')]},
        {id => 'x_2', conversations => [$turn->('gpt', 'nobody asked')]},
        {id => 'y_0', conversations => [$turn->('user', 'one'), $turn->('human', "two\n")]},
        {id => 'z', conversations => 'none'},
    ]));
    spew("$scratch/in/b.jsonl", row(id => "bad\nid", conversations => [map { $turn->('human', "q$_") } 1 .. 3]));
    my $run = fluxperf('convert', 'sharegpt', "$scratch/in", '-o', '-');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    is_deeply([map { $json->decode($_) } split /\n/, $run->{out}], [
        {session_id => 'x_0', user_messages => ['one', "two\n"]},
        {session_id => 'x_1', user_messages => ['three']},
        {user_messages => ['q1', 'q2', 'q3']},
    ], 'what the humans said, each session once');
    like($run->{err}, qr{in/a\.json:1:\d+: expected an array}, 'a bad row is named');
    $run = fluxperf('convert', 'sharegpt', "$scratch/in/a.json", "$scratch/in/b.jsonl", '-o', '-', '--min-turns', 2, '--max-sessions', 1);
    is_deeply([map { $json->decode($_)->{session_id} } split /\n/, $run->{out}], ['x_0'], 'as few and as long as asked for');
    is(fluxperf('convert', 'sharegpt', "$scratch/in", '-o', "$scratch/none", '--min-turns', 9)->{exit}, 2, 'none is long enough');
    ok(!-e "$scratch/none", 'nothing is written then');
};

done_testing;
