"""WAV files made and judged without any library: tones, speech-like sound, G.711, Goertzel.

Samples are lists of int16. Levels are dBov as lineman says them: the RMS beside that of a
full-scale square wave, so a sine of peak -6 dB has -9.
"""
import array
import bisect
import functools
import math
import random
import wave


def tone(hz, seconds, level_db=-6.0, rate=8000):
    """A sine with that peak level beside full scale."""
    peak = 32767 * 10 ** (level_db / 20)
    return [round(peak * math.sin(2 * math.pi * hz * n / rate)) for n in range(int(seconds * rate))]


def silence(seconds, rate=8000):
    return [0] * int(seconds * rate)


@functools.lru_cache(maxsize=None)
def speech(seconds, rate=8000, seed=1):
    """Speech-like: syllables of a gliding voice with formants, and pauses between them."""
    rng = random.Random(seed)
    out, phase = [], 0.0
    while len(out) < seconds * rate:
        length = int(rng.uniform(0.12, 0.30) * rate)
        pitch, glide = rng.uniform(95, 180), rng.uniform(-25, 25)
        formants = (rng.uniform(350, 800), rng.uniform(1000, 2200))
        loud = rng.uniform(3000, 9000)
        for n in range(length):
            hz = pitch + glide * n / length
            phase += 2 * math.pi * hz / rate
            value = sum(math.sin(k * phase) * max(math.exp(-((k * hz - f) / 180) ** 2)
                                                  for f in formants) for k in range(1, 20))
            value += 0.5 * math.sin(phase)
            out.append(round(loud * value * math.sin(math.pi * n / length) / 2.5))
        out.extend([0] * int(rng.uniform(0.04, 0.2) * rate))
    return [max(-32000, min(32000, s)) for s in out[:int(seconds * rate)]]


def write_wav(path, samples, rate=8000, channels=1):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(array.array("h", samples).tobytes())
    return str(path)


def read_wav(path, channel=0):
    """(samples of one channel, rate); the file must be whole."""
    with wave.open(str(path), "rb") as source:
        assert source.getsampwidth() == 2, path
        data = array.array("h")
        frames = source.readframes(source.getnframes())
        assert len(frames) == source.getnframes() * 2 * source.getnchannels(), f"{path} is cut short"
        data.frombytes(frames)
        return list(data[channel::source.getnchannels()]), source.getframerate()


def channels(path):
    with wave.open(str(path), "rb") as source:
        return source.getnchannels()


def level_db(samples):
    if not samples:
        return -200.0
    rms = math.sqrt(sum(s * s for s in samples) / len(samples))
    return 20 * math.log10(max(rms, 1e-5) / 32768)


def goertzel_db(samples, hz, rate=8000):
    """Level (dBov of a sine's RMS) of the part at hz."""
    w = 2 * math.pi * hz / rate
    c, s1, s2 = 2 * math.cos(w), 0.0, 0.0
    for x in samples:
        s1, s2 = x + c * s1 - s2, s1
    power = (s1 * s1 + s2 * s2 - c * s1 * s2) / (len(samples) / 2) ** 2
    return 10 * math.log10(max(power / 2, 1e-10) / 32768 ** 2)


def active(samples, threshold=300):
    """From the first to the last sample that is louder than `threshold`."""
    loud = [n for n, s in enumerate(samples) if abs(s) > threshold]
    return samples[loud[0]:loud[-1] + 1] if loud else []


def assert_tone(samples, hz, rate, level=None, seconds=0.3, purity_db=15.0, tolerance_db=1.5):
    """Somewhere in it are `seconds` of nothing but a tone of hz (at that level, dBov)."""
    window, best, at = int(seconds * rate), -200.0, 0
    step = max(1, window // 8)
    for start in range(0, max(1, len(samples) - window + 1), step):
        part = samples[start:start + window]
        if len(part) < window or level_db(part) < -60:
            continue
        share = goertzel_db(part, hz, rate) - level_db(part)
        if share > best:
            best, at = share, start
    part = samples[at:at + window]
    assert best > -1.0, (f"no {hz} Hz: {best:.1f} dB of {level_db(part):.1f} dBov, "
                         f"{len(samples) / rate:.2f} s, loudest {max(map(abs, samples), default=0)}")
    rest = 10 * math.log10(max(1e-9, 1 - 10 ** (min(best, 0.0) / 10)))
    assert rest < -purity_db, f"{hz} Hz is there, with noise at {rest:.1f} dB"
    if level is not None:
        assert abs(level_db(part) - level) < tolerance_db, f"{level_db(part):.1f} dBov, not {level}"


def envelope(samples, rate, step=0.02):
    size = int(step * rate)
    return [math.sqrt(sum(s * s for s in samples[n:n + size]) / size)
            for n in range(0, len(samples) - size + 1, size)]


def similarity(heard, sent, heard_rate, sent_rate=None):
    """Correlation of the two loudness curves at the best shift: 1 is the same speech."""
    step = 0.02
    a = envelope(sent, sent_rate or heard_rate, step)
    b = envelope(heard, heard_rate, step)
    best = -1.0
    for shift in range(0, max(1, len(b) - len(a) // 2)):
        part = b[shift:shift + len(a)]
        if len(part) < len(a) * 0.7:
            break
        ref = a[:len(part)]
        ma, mb = sum(ref) / len(ref), sum(part) / len(part)
        top = sum((x - ma) * (y - mb) for x, y in zip(ref, part))
        low = math.sqrt(sum((x - ma) ** 2 for x in ref) * sum((y - mb) ** 2 for y in part))
        best = max(best, top / low if low else -1.0)
    return best


# G.711: only the decoders are needed. A source made of values that they give passes any right
# encoder unchanged, so that what comes out can be held against what went in, bit for bit.
def ulaw_decode(byte):
    byte = ~byte & 0xFF
    magnitude = (((byte & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4)
    return (0x84 - magnitude) if byte & 0x80 else (magnitude - 0x84)


def alaw_decode(byte):
    byte ^= 0x55
    exponent, mantissa = (byte & 0x70) >> 4, (byte & 0x0F) << 4
    value = mantissa + 8 if exponent == 0 else (mantissa + 0x108) << (exponent - 1)
    return value if byte & 0x80 else -value


def coded(samples, decode):
    """Each sample moved to the nearest value that the code can say."""
    values = sorted({decode(b) for b in range(256)})
    near = {}
    for s in set(samples):
        i = bisect.bisect_left(values, s)
        near[s] = min(values[max(0, i - 1):i + 1] or [values[-1]], key=lambda v: abs(v - s))
    return [near[s] for s in samples]


def find_exact(heard, sent):
    """Where `sent` begins in `heard`, bit for bit; an assertion says how far it agrees."""
    lead = next(n for n, s in enumerate(sent) if abs(s) > 1000)
    key = array.array("h", sent[lead:lead + 64]).tobytes()
    data = array.array("h", heard).tobytes()
    at, longest = data.find(key), 0
    while at >= 0:
        if at % 2 == 0:
            start = at // 2 - lead
            if start >= 0:
                same = 0
                for x, y in zip(heard[start:], sent):
                    if x != y:
                        break
                    same += 1
                if same == len(sent):
                    return start
                longest = max(longest, same)
        at = data.find(key, at + 1)
    raise AssertionError(f"not bit for bit: {longest} of {len(sent)} samples agree")
