# A pseudoterminal whose reader the test is: it may count bytes, and stop reading.
package Pty;

use strict;
use warnings;

use POSIX ();
use Time::HiRes qw(time);

# Linux on all processors that matter here.
use constant {TIOCSPTLCK => 0x40045431, TIOCGPTN => 0x80045430, TIOCSWINSZ => 0x5414};

# new({rows, cols, stderr => FILE, core => PROCESSOR}, WORDS): WORDS on a terminal of their own, as
# started from a prompt.
sub new
{
    my ($class, $options, @words) = @_;
    open my $master, '+<', '/dev/ptmx' or die "ptmx: $!";
    my ($unlock, $number) = (pack('i', 0)) x 2;
    ioctl $master, TIOCSPTLCK, $unlock or die "unlock: $!";
    ioctl $master, TIOCGPTN, $number or die "number: $!";
    my $path = '/dev/pts/' . unpack 'i', $number;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        POSIX::setsid();
        open my $slave, '+<', $path or POSIX::_exit(127);    # controls the new session
        my $size = pack 'S4', $options->{rows}, $options->{cols}, 0, 0;
        ioctl $slave, TIOCSWINSZ, $size;
        POSIX::dup2(fileno $slave, $_) for 0, 1;
        open STDERR, '>', $options->{stderr} // '/dev/null' or POSIX::_exit(127);
        close $master;
        local $ENV{TERM} = 'xterm-256color';
        my @pin = defined $options->{core} ? ('taskset', '-c', $options->{core}) : ();
        exec(@pin, @words) or POSIX::_exit(127);
    }
    return bless {pid => $pid, master => $master, bytes => 0, out => ''}, $class;
}

# Reads for so long; keeps the bytes when `keep` is set. False once the program is gone.
sub read_for
{
    my ($self, $seconds) = @_;
    my $until = time + $seconds;
    while ((my $left = $until - time) > 0) {
        my $ready = '';
        vec($ready, fileno $self->{master}, 1) = 1;
        next unless select $ready, undef, undef, $left;
        my $got = sysread $self->{master}, my $bytes, 65536;
        return 0 unless $got;    # EIO: nobody has the other end open
        $self->{bytes} += $got;
        $self->{out} .= $bytes if $self->{keep};
    }
    return 1;
}

sub type { my ($self, $keys) = @_; syswrite $self->{master}, $keys }

# Reads on until it ends, at most so long. Its exit status, or -1.
sub finish
{
    my ($self, $seconds) = @_;
    my $until = time + $seconds;
    while (time < $until) {
        $self->read_for(0.2);
        return delete $self->{pid} && $? >> 8 if waitpid($self->{pid}, POSIX::WNOHANG()) > 0;
    }
    return -1;
}

sub DESTROY
{
    my ($self) = @_;
    local ($?, $@);
    return unless $self->{pid};
    kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
