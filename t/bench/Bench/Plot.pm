package Bench::Plot;

# An SVG of lines over two logarithmic axes, without help.

use warnings;
use strict;

my @colours = map { "#$_" } qw| 1f6f4a b5522b d8a13a 3f5f9f 7a7a7a |;
my ($w, $h, $left, $bottom, $top, $right) = (720, 400, 70, 50, 40, 200);


# { title, x, y, lines => [ { name, points => [ [x, y], ... ] } ] }
sub write {
    my ($file, $plot) = @_;

    my @all = map { @{ $_->{points} } } @{ $plot->{lines} };
    return if !@all;

    my @x = range(map { $_->[0] } @all);
    my @y = range(map { $_->[1] } @all);
    my $px = sub { $left + ($w - $left - $right) * log($_[0] / $x[0])
        / log($x[1] / $x[0]) };
    my $py = sub { $h - $bottom - ($h - $bottom - $top) * log($_[0] / $y[0])
        / log($y[1] / $y[0]) };

    my $out = qq(<svg xmlns="http://www.w3.org/2000/svg" width="$w" )
        . qq(height="$h" font-family="sans-serif" font-size="12">\n)
        . qq(<rect width="$w" height="$h" fill="white"/>\n)
        . text($left, 20, $plot->{title}, 'start')
        . text($left, $h - 10, $plot->{x}, 'start')
        . text($left, $top - 6, $plot->{y}, 'start');

    for my $v (ticks(@x)) {
        my $p = int $px->($v);
        $out .= line($p, $top, $p, $h - $bottom, '#ddd')
            . text($p, $h - $bottom + 16, short($v), 'middle');
    }

    for my $v (ticks(@y)) {
        my $p = int $py->($v);
        $out .= line($left, $p, $w - $right, $p, '#ddd')
            . text($left - 6, $p + 4, short($v), 'end');
    }

    my $n = 0;

    for my $l (@{ $plot->{lines} }) {
        my $colour = $colours[$n % @colours];
        my $points = join ' ', map { sprintf '%.1f,%.1f', $px->($_->[0]),
            $py->($_->[1]) } @{ $l->{points} };

        $out .= qq(<polyline fill="none" stroke="$colour" stroke-width="2" )
            . qq(points="$points"/>\n)
            . line($w - $right + 10, 60 + 20 * $n, $w - $right + 30,
            60 + 20 * $n, $colour)
            . text($w - $right + 36, 64 + 20 * $n, $l->{name}, 'start');
        $n++;
    }

    open my $fh, '>', $file or die "$file: $!";
    print $fh "$out</svg>\n";
    close $fh;
}


sub range {
    my @sorted = sort { $a <=> $b } grep { $_ > 0 } @_;
    my ($low, $high) = @sorted[0, -1];

    return ($low / 1.3, $high * 1.3);
}


sub ticks {
    my ($low, $high) = @_;

    my @ticks;

    for my $e (-6 .. 9) {
        push @ticks, grep { $_ >= $low && $_ <= $high }
            map { $_ * 10 ** $e } 1, 2, 5;
    }

    return @ticks;
}


sub short { return $_[0] >= 1000 ? $_[0] / 1000 . 'k' : $_[0] }


sub text {
    my ($x, $y, $what, $anchor) = @_;

    $what =~ s/&/&amp;/g;
    return qq(<text x="$x" y="$y" text-anchor="$anchor">$what</text>\n);
}


sub line {
    my ($x1, $y1, $x2, $y2, $colour) = @_;

    return qq(<line x1="$x1" y1="$y1" x2="$x2" y2="$y2" stroke="$colour"/>\n);
}


1;
