// The passes between a small model's matrix products, each read and written once, and a whole step of decoding Qwen3.
// reasonlab.models.native compiles this on first use; reasonlab.models.kernels says in torch what each function computes.
//
//     rms_norm      y = x r w,  r = (mean(x^2) + eps)^-1/2
//                   dx = r (g w - x r mean(g w x r)),  dw = sum(g x r)
//     rms_rotate    y = turn(x r w),  turn(a, b) = (a cos - b sin, b cos + a sin), a and b the halves of a head
//                   g is turned back, then as rms_norm
//     swiglu        y = silu(gate) up,  silu(g) = g s,  s = 1 / (1 + e^-g)
//                   dgate = g up s (1 + gate (1 - s)),  dup = g silu(gate)
//     causal        p_ij = softmax_j(scale s_ij), j <= i      ds = scale p (g - sum_j g p)
//     attend_last   z = sum_j p_j v_j,  p = softmax(scale q k_j, sink), one query a row
//     qwen3_step    the logits after one more token a row
//
// Numbers are float32 or bfloat16 in memory and float32 inside. Loops run over the lanes of a vector in the order of
// memory, so that the compiler finds the instructions of the machine; nothing here names one. Rows are shared out to
// threads in runs fixed by their number: with the same number of threads the same bits.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace {

struct bfloat16 {  // the upper half of a float32
    uint16_t bits;
};

inline float read(float x) { return x; }

inline float read(bfloat16 x) {
    const uint32_t wide = uint32_t(x.bits) << 16;
    float y;
    std::memcpy(&y, &wide, 4);
    return y;
}

inline void write(float& to, float x) { to = x; }

inline void write(bfloat16& to, float x) {  // to the nearest, ties to even; a nan stays one
    uint32_t wide;
    std::memcpy(&wide, &x, 4);
    const uint32_t rounded = (wide + 0x7fff + ((wide >> 16) & 1)) >> 16;
    to.bits = uint16_t(x == x ? rounded : 0x7fc0);
}

// e^x to 2e-7 of itself: x = n ln 2 + t, |t| <= ln 2 / 2, and a polynomial for e^t (Cephes' expf).
inline float exponential(float x) {
    x = std::min(std::max(x, -87.0f), 88.0f);
    const float n = std::rint(x * 1.44269504088896341f);
    const float t = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * t + 1.3981999507e-3f;
    p = p * t + 8.3334519073e-3f;
    p = p * t + 4.1665795894e-2f;
    p = p * t + 1.6666665459e-1f;
    p = p * t + 5.0000001201e-1f;
    const int32_t power = (int32_t(n) + 127) << 23;
    float scale;
    std::memcpy(&scale, &power, 4);
    return (p * t * t + t + 1.0f) * scale;
}

// work(first, end, part) on each thread's run of the rows.
template <class Work>
void share(int64_t rows, int threads, Work work) {
    if (threads <= 1 || rows < threads) return work(int64_t(0), rows, 0);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int part = 0; part < threads; part++) work(rows * part / threads, rows * (part + 1) / threads, part);
}

// work(size), with the sizes that heads commonly have known to the compiler.
template <class Work>
inline void sized(int64_t size, Work work) {
    switch (size) {
        case 32: return work(std::integral_constant<int64_t, 32>());
        case 64: return work(std::integral_constant<int64_t, 64>());
        case 128: return work(std::integral_constant<int64_t, 128>());
        default: return work(size);
    }
}

template <class T>
inline float reciprocal_scale(const T* x, int64_t size, float eps) {
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int64_t i = 0; i < size; i++) squares += read(x[i]) * read(x[i]);
    return 1.0f / std::sqrt(squares / float(size) + eps);
}

template <class X, class Y>
void rms_norm(const X* x, const float* w, Y* y, float* r, int64_t rows, int64_t size, float eps, int threads) {
    share(rows, threads, [=](int64_t first, int64_t end, int) {
        for (int64_t row = first; row < end; row++) {
            const X* from = x + row * size;
            Y* to = y + row * size;
            const float scale = reciprocal_scale(from, size, eps);
            r[row] = scale;
#pragma omp simd
            for (int64_t i = 0; i < size; i++) write(to[i], read(from[i]) * scale * w[i]);
        }
    });
}

struct Axes {  // of a tensor [batch pos head d], in elements
    int64_t batch, pos, head;
};

// Sums over rows that several threads take part in: each has a part of its own, and they are added in order.
class Parts {
   public:
    Parts(int64_t size, int threads) : size(size), sums(size * std::max(threads, 1)) {}
    float* of(int part) { return sums.data() + part * size; }
    void add_up(float* to) {
        std::fill_n(to, size, 0.0f);
        for (size_t i = 0; i < sums.size(); i++) to[i % size] += sums[i];
    }

   private:
    int64_t size;
    std::vector<float> sums;
};

// dx and dw of y = x r w for one row; g is dy.
template <class G, class X>
inline void norm_backward(const G* g, const X* x, const float* w, float r, X* dx, float* dw, int64_t size) {
    float mean = 0;
#pragma omp simd reduction(+ : mean)
    for (int64_t i = 0; i < size; i++) mean += read(g[i]) * w[i] * read(x[i]);
    mean *= r * r / float(size);
#pragma omp simd
    for (int64_t i = 0; i < size; i++) {
        const float from = read(x[i]), above = read(g[i]);
        dw[i] += above * from * r;
        write(dx[i], r * (above * w[i] - from * mean));
    }
}

template <class G, class X>
void rms_norm_backward(const G* g, const X* x, const float* w, const float* r, X* dx, float* dw, int64_t rows,
                       int64_t size, int threads) {
    Parts parts(size, threads);
    share(rows, threads, [&](int64_t first, int64_t end, int part) {
        for (int64_t row = first; row < end; row++)
            norm_backward(g + row * size, x + row * size, w, r[row], dx + row * size, parts.of(part), size);
    });
    parts.add_up(dw);
}

template <class T>
inline void rotate(const T* from, T* to, float scale, const float* gain, const float* cos, const float* sin, int64_t d) {
    const int64_t half = d / 2;
#pragma omp simd
    for (int64_t i = 0; i < half; i++) {
        const float u = read(from[i]) * scale * gain[i], v = read(from[i + half]) * scale * gain[i + half];
        write(to[i], u * cos[i] - v * sin[i]);
        write(to[i + half], v * cos[i + half] + u * sin[i + half]);
    }
}

template <class T>
void rms_rotate(const T* x, Axes sx, const float* w, const float* cos, const float* sin, int64_t table_batch, T* y,
                Axes sy, float* r, int64_t batch, int64_t length, int64_t heads, int64_t d, float eps, int threads) {
    share(batch * length, threads, [=](int64_t first, int64_t end, int) {
        for (int64_t row = first; row < end; row++) {
            const int64_t b = row / length, t = row % length;
            const float *c = cos + b * table_batch + t * d, *s = sin + b * table_batch + t * d;
            sized(d, [&](auto size) {
                for (int64_t h = 0; h < heads; h++) {
                    const T* from = x + b * sx.batch + t * sx.pos + h * sx.head;
                    const float scale = reciprocal_scale(from, size, eps);
                    r[(b * heads + h) * length + t] = scale;
                    rotate(from, y + b * sy.batch + t * sy.pos + h * sy.head, scale, w, c, s, size);
                }
            });
        }
    });
}

template <class T>
inline void turn_back(const T* from, float* to, const float* cos, const float* sin, int64_t d) {
    const int64_t half = d / 2;
#pragma omp simd
    for (int64_t i = 0; i < half; i++) {
        const float u = read(from[i]), v = read(from[i + half]);
        to[i] = u * cos[i] + v * sin[i + half];
        to[i + half] = v * cos[i + half] - u * sin[i];
    }
}

// x, dx [batch pos head d], g as `sg` says, r [batch head pos]; one w for all heads, tables [pos d].
template <class T>
void rms_rotate_backward(const T* g, Axes sg, const T* x, Axes sx, const float* w, const float* cos, const float* sin,
                         const float* r, T* dx, float* dw, int64_t batch, int64_t length, int64_t heads, int64_t d,
                         int threads) {
    Parts parts(d, threads);
    share(batch * length, threads, [&](int64_t first, int64_t end, int part) {
        std::vector<float> back(d);
        for (int64_t row = first; row < end; row++) {
            const int64_t b = row / length, t = row % length;
            const float *c = cos + t * d, *s = sin + t * d;
            sized(d, [&](auto size) {
                for (int64_t h = 0; h < heads; h++) {
                    const T* from = g + b * sg.batch + t * sg.pos + h * sg.head;
                    turn_back(from, back.data(), c, s, size);
                    norm_backward(back.data(), x + b * sx.batch + t * sx.pos + h * sx.head, w,
                                  r[(b * heads + h) * length + t], dx + (row * heads + h) * d, parts.of(part), size);
                }
            });
        }
    });
    parts.add_up(dw);
}

template <class T>
void swiglu(const T* gate, const T* up, int64_t stride, T* y, int64_t rows, int64_t size, int threads) {
    share(rows, threads, [=](int64_t first, int64_t end, int) {
        for (int64_t row = first; row < end; row++) {
            const T *g = gate + row * stride, *u = up + row * stride;
            T* to = y + row * size;
#pragma omp simd
            for (int64_t i = 0; i < size; i++) {
                const float x = read(g[i]);
                write(to[i], x / (1.0f + exponential(-x)) * read(u[i]));
            }
        }
    });
}

template <class T>
void swiglu_backward(const T* g, const T* gate, const T* up, T* dgate, T* dup, int64_t count, int threads) {
    share(count, threads, [=](int64_t first, int64_t end, int) {
#pragma omp simd
        for (int64_t i = first; i < end; i++) {
            const float above = read(g[i]), x = read(gate[i]), s = 1.0f / (1.0f + exponential(-x));
            write(dgate[i], above * read(up[i]) * s * (1.0f + x * (1.0f - s)));
            write(dup[i], above * x * s);
        }
    });
}

// work(j, n) on columns j to j + n of those before `end`, in blocks whose length the compiler knows; the last ones, where
// a row of `length` has no whole block left, one by one.
template <class Work>
inline void in_blocks(int64_t end, int64_t length, Work work) {
    int64_t j = 0;
    for (; j < end && j + 16 <= length; j += 16) work(j, std::integral_constant<int, 16>());
    for (; j < end; j++) work(j, std::integral_constant<int, 1>());
}

// s, p [rows length]; row i sees the columns up to i % length. The rest of its last block is computed and put to zero.
template <class T>
void causal_softmax(const T* s, T* p, int64_t rows, int64_t length, float scale, int threads) {
    share(rows, threads, [=](int64_t first, int64_t end, int) {
        std::vector<float> powers(length);
        for (int64_t row = first; row < end; row++) {
            const T* from = s + row * length;
            T* to = p + row * length;
            const int64_t seen = row % length + 1;
            float *e = powers.data(), highest[16], sums[16] = {};
            std::fill_n(highest, 16, read(from[0]) * scale);
            in_blocks(seen, length, [&](int64_t j, auto n) {
#pragma omp simd
                for (int i = 0; i < n; i++) {
                    e[j + i] = read(from[j + i]) * scale;
                    highest[i] = std::max(highest[i], j + i < seen ? e[j + i] : highest[i]);
                }
            });
            const float most = *std::max_element(highest, highest + 16);
            in_blocks(seen, length, [&](int64_t j, auto n) {
#pragma omp simd
                for (int i = 0; i < n; i++) {
                    const float power = exponential(e[j + i] - most);
                    e[j + i] = j + i < seen ? power : 0.0f;
                    sums[i] += e[j + i];
                }
            });
            float sum = 0;
            for (float part : sums) sum += part;
            const float share = 1.0f / sum;
            int64_t done = 0;
            in_blocks(seen, length, [&](int64_t j, auto n) {
#pragma omp simd
                for (int i = 0; i < n; i++) write(to[j + i], e[j + i] * share);
                done = j + n;
            });
            std::memset(to + done, 0, (length - done) * sizeof(T));
        }
    });
}

// g is anything where p is zero: the columns that a row does not see.
template <class T>
void causal_softmax_backward(const T* g, const T* p, T* ds, int64_t rows, int64_t length, float scale, int threads) {
    share(rows, threads, [=](int64_t first, int64_t end, int) {
        for (int64_t row = first; row < end; row++) {
            const T *above = g + row * length, *pattern = p + row * length;
            T* to = ds + row * length;
            float sums[16] = {}, mean = 0;
            in_blocks(row % length + 1, length, [&](int64_t j, auto n) {
#pragma omp simd
                for (int i = 0; i < n; i++) sums[i] += read(above[j + i]) * read(pattern[j + i]);
            });
            for (float part : sums) mean += part;
            int64_t done = 0;
            in_blocks(row % length + 1, length, [&](int64_t j, auto n) {
#pragma omp simd
                for (int i = 0; i < n; i++)
                    write(to[j + i], scale * read(pattern[j + i]) * (read(above[j + i]) - mean));
                done = j + n;
            });
            std::memset(to + done, 0, (length - done) * sizeof(T));
        }
    });
}

// out[i] = sum_j a[j] m[j * stride + i] for N neighbours i, over the rows j of m.
template <int N, class T>
inline void combine(const float* a, const T* m, int64_t stride, int64_t rows, float* out) {
    constexpr int chains = N >= 64 ? 1 : 64 / N;  // additions wait for each other: some in flight at a time
    float sum[chains][N] = {};
    int64_t j = 0;
    for (; j + chains <= rows; j += chains)
        for (int chain = 0; chain < chains; chain++)
#pragma omp simd
            for (int i = 0; i < N; i++) sum[chain][i] += a[j + chain] * read(m[(j + chain) * stride + i]);
    for (; j < rows; j++)
#pragma omp simd
        for (int i = 0; i < N; i++) sum[0][i] += a[j] * read(m[j * stride + i]);
#pragma omp simd
    for (int i = 0; i < N; i++) {
        float total = sum[0][i];
        for (int chain = 1; chain < chains; chain++) total += sum[chain][i];
        out[i] = total;
    }
}

// The same for any number of neighbours. The last block may cover what the one before it did: no read leaves the row.
template <class T>
void combine_all(const float* a, const T* m, int64_t stride, int64_t rows, float* out, int64_t count) {
    int64_t i = 0;
    for (; i + 64 <= count; i += 64) combine<64>(a, m + i, stride, rows, out + i);
    if (i + 32 <= count) combine<32>(a, m + i, stride, rows, out + i), i += 32;
    if (i + 16 <= count) combine<16>(a, m + i, stride, rows, out + i), i += 16;
    if (i == count) return;
    if (count >= 16) return combine<16>(a, m + count - 16, stride, rows, out + count - 16);
    for (; i < count; i++) combine<1>(a, m + i, stride, rows, out + i);
}

// One head of a row: z = sum_j p_j v_j, p = softmax(q k_j, sink). Scores are q K, a combination of the rows of K
// [d_k slot], and z one of the rows of V [slot d_v]: both run along memory. `p` has room for all slots.
template <class T>
void attend_one(const float* q, const T* k, int64_t sk, const T* v, int64_t sv, float* z, float* p, const float* sink,
                int64_t slots, int64_t d_k, int64_t d_v) {
    combine_all(q, k, sk, d_k, p, slots);
    float most = sink ? *sink : -INFINITY;
#pragma omp simd reduction(max : most)
    for (int64_t j = 0; j < slots; j++) most = std::max(most, p[j]);
    float sum = sink ? exponential(*sink - most) : 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < slots; j++) {
        p[j] = exponential(p[j] - most);
        sum += p[j];
    }
    combine_all(p, v, sv, slots, z, d_v);
    for (int64_t i = 0; i < d_v; i++) z[i] /= sum;
}

// q [batch head d_k], k [batch kv slot d_k] with the slots side by side, v [batch kv slot d_v], z [batch head d_v]. A
// query sees the last visible[batch] slots.
template <class T>
void attend_last(const T* q, Axes sq, const T* k, Axes sk, const T* v, Axes sv, T* z, const int32_t* visible,
                 const float* sinks, int64_t batch, int64_t heads, int64_t groups, int64_t slots, int64_t d_k, int64_t d_v,
                 float scale, int threads) {
    share(batch * heads, threads, [=](int64_t first, int64_t end, int) {
        std::vector<float> query(d_k), p(slots), mixed(d_v);
        for (int64_t row = first; row < end; row++) {
            const int64_t b = row / heads, h = row % heads, kv = h / groups;
            const int64_t hidden = visible ? slots - std::min<int64_t>(std::max(visible[b], 0), slots) : 0;
            for (int64_t i = 0; i < d_k; i++) query[i] = read(q[b * sq.batch + h * sq.head + i]) * scale;
            attend_one(query.data(), k + b * sk.batch + kv * sk.head + hidden, sk.pos,
                       v + b * sv.batch + kv * sv.head + hidden * sv.pos, sv.pos, mixed.data(), p.data(),
                       sinks ? sinks + h : nullptr, slots - hidden, d_k, d_v);
            for (int64_t i = 0; i < d_v; i++) write(z[row * d_v + i], mixed[i]);
        }
    });
}

// Matrix products of a few rows, whose weights come in panels [panel k WIDTH]: a panel's sums stay in registers, 24 of
// 32, while k runs, and a weight is read once for ROWS rows.
#if defined(__AVX512F__)
constexpr int LANES = 16, ROWS = 12;
#elif defined(__AVX__)
constexpr int LANES = 8, ROWS = 6;
#else
constexpr int LANES = 4, ROWS = 8;
#endif
constexpr int WIDTH = 2 * LANES;
typedef float Vector __attribute__((vector_size(4 * LANES)));

inline Vector load(const float* from) {
    Vector v;
    std::memcpy(&v, from, sizeof v);
    return v;
}

// c [row columns] = a^T w, or += : a [k ROWS], w one panel.
template <int R>
void panel_product(const float* a, const float* w, int64_t size, float* c, int64_t stride, int64_t columns, bool add) {
    Vector sums[R][2] = {};
    for (int64_t k = 0; k < size; k++) {
        const Vector w0 = load(w + k * WIDTH), w1 = load(w + k * WIDTH + LANES);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
            sums[r][0] += a[k * ROWS + r] * w0;
            sums[r][1] += a[k * ROWS + r] * w1;
        }
    }
    float flat[R][WIDTH];
    std::memcpy(flat, sums, sizeof flat);
    for (int r = 0; r < R; r++)
        for (int64_t i = 0; i < std::min<int64_t>(columns, WIDTH); i++)
            c[r * stride + i] = add ? c[r * stride + i] + flat[r][i] : flat[r][i];
}

template <int R = ROWS>
void product(int rows, const float* a, const float* w, int64_t size, float* c, int64_t columns, bool add) {
    if constexpr (R > 1)
        if (rows < R) return product<R - 1>(rows, a, w, size, c, columns, add);
    for (int64_t n = 0; n < columns; n += WIDTH)
        panel_product<R>(a, w + n * size, size, c + n, columns, columns - n, add);
}

// a [k ROWS] = x^T, each row times its RMSNorm's r if eps > 0.
inline void turn(const float* x, int rows, int64_t size, float eps, float* a) {
    for (int r = 0; r < rows; r++) {
        const float scale = eps > 0 ? reciprocal_scale(x + r * size, size, eps) : 1.0f;
        for (int64_t i = 0; i < size; i++) a[i * ROWS + r] = x[r * size + i] * scale;
    }
}

}  // namespace

// As reasonlab.models.qwen3_compiled declares them. The gains of norms before products are inside the products' weights.
struct Qwen3Layer {
    const float *qkv, *out, *gate_up, *down;  // in panels
    const float *gains;                       // [head + kv, d_head]; the queries' times the softmax scale
    void *k, *v;                              // the cache: [batch kv d_head slot], [batch kv slot d_head]
};

struct Qwen3Step {
    int64_t rows, layers, d_model, heads, kv, d_head, d_mlp, vocab, slots;  // slots: with this token's, the last
    int64_t k_batch, k_head, k_d, v_batch, v_head, v_slot;                  // strides in elements
    const Qwen3Layer* layer;
    const float *embed, *unembed, *cos, *sin;
    const int64_t *tokens, *positions;
    float* logits;  // [batch vocab]
    float eps;
    int32_t positions_differ, half, threads;  // half: the cache is bfloat16
};

namespace {

// x = E[token];  x += W_o attend(rotate(norm(W_qkv norm(x))));  x += W_down swiglu(W_gate_up norm(x));  W_u norm(x)
template <class T>
void qwen3_rows(const Qwen3Step& s, int64_t first, int rows) {
    const int64_t d = s.d_head, wide = (s.heads + 2 * s.kv) * d, groups = s.heads / s.kv;
    std::vector<float> x(rows * s.d_model), qkv(rows * wide), z(rows * s.heads * d), both(rows * 2 * s.d_mlp), p(s.slots);
    std::vector<float> a(ROWS * std::max({s.d_model, s.heads * d, s.d_mlp}));
    for (int r = 0; r < rows; r++)
        std::copy_n(s.embed + s.tokens[first + r] * s.d_model, s.d_model, x.data() + r * s.d_model);
    for (const Qwen3Layer* layer = s.layer; layer < s.layer + s.layers; layer++) {
        turn(x.data(), rows, s.d_model, s.eps, a.data());
        product(rows, a.data(), layer->qkv, s.d_model, qkv.data(), wide, false);
        for (int r = 0; r < rows; r++) {
            const int64_t b = first + r, position = s.positions[s.positions_differ ? b : 0];
            const int64_t hidden = s.slots - 1 - std::min(position, s.slots - 1);
            float *q = qkv.data() + r * wide, *new_k = q + s.heads * d, *new_v = new_k + s.kv * d;
            for (int64_t h = 0; h < s.heads + s.kv; h++)
                rotate(q + h * d, q + h * d, reciprocal_scale(q + h * d, d, s.eps), layer->gains + h * d,
                       s.cos + position * d, s.sin + position * d, d);
            for (int64_t h = 0; h < s.kv; h++) {
                T* k = (T*)layer->k + b * s.k_batch + h * s.k_head;
                T* v = (T*)layer->v + b * s.v_batch + h * s.v_head;
                for (int64_t i = 0; i < d; i++) write(k[i * s.k_d + s.slots - 1], new_k[h * d + i]);
                for (int64_t i = 0; i < d; i++) write(v[(s.slots - 1) * s.v_slot + i], new_v[h * d + i]);
                for (int64_t g = h * groups; g < (h + 1) * groups; g++)
                    attend_one(q + g * d, k + hidden, s.k_d, v + hidden * s.v_slot, s.v_slot,
                               z.data() + (r * s.heads + g) * d, p.data(), nullptr, s.slots - hidden, d, d);
            }
        }
        turn(z.data(), rows, s.heads * d, 0, a.data());
        product(rows, a.data(), layer->out, s.heads * d, x.data(), s.d_model, true);
        turn(x.data(), rows, s.d_model, s.eps, a.data());
        product(rows, a.data(), layer->gate_up, s.d_model, both.data(), 2 * s.d_mlp, false);
        swiglu(both.data(), both.data() + s.d_mlp, 2 * s.d_mlp, both.data(), rows, s.d_mlp, 1);
        turn(both.data(), rows, s.d_mlp, 0, a.data());
        product(rows, a.data(), layer->down, s.d_mlp, x.data(), s.d_model, true);
    }
    turn(x.data(), rows, s.d_model, s.eps, a.data());
    product(rows, a.data(), s.unembed, s.d_model, s.logits + first * s.vocab, s.vocab, false);
}

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default"))) void

// What Python calls: `half` says that the elements are bfloat16, strides are in elements, a null pointer is "none".
template <class Call>
static void typed(int half, Call call) {
    if (half)
        call(bfloat16{});
    else
        call(float{});
}

EXPORT reasonlab_rms_norm(int half_in, int half_out, const void* x, const float* w, void* y, float* r, int64_t rows,
                          int64_t size, float eps, int threads) {
    typed(half_in, [=](auto in) {
        typed(half_out, [=](auto out) {
            rms_norm((const decltype(in)*)x, w, (decltype(out)*)y, r, rows, size, eps, threads);
        });
    });
}

EXPORT reasonlab_rms_rotate(int half, const void* x, int64_t xb, int64_t xt, int64_t xh, const float* w,
                            const float* cos, const float* sin, int64_t table_batch, void* y, int64_t yb, int64_t yt,
                            int64_t yh, float* r, int64_t batch, int64_t length, int64_t heads, int64_t d, float eps,
                            int threads) {
    typed(half, [=](auto type) {
        using T = decltype(type);
        rms_rotate((const T*)x, {xb, xt, xh}, w, cos, sin, table_batch, (T*)y, {yb, yt, yh}, r, batch, length, heads,
                   d, eps, threads);
    });
}

EXPORT reasonlab_swiglu(int half, const void* gate, const void* up, int64_t stride, void* y, int64_t rows, int64_t size,
                        int threads) {
    typed(half, [=](auto type) {
        using T = decltype(type);
        swiglu((const T*)gate, (const T*)up, stride, (T*)y, rows, size, threads);
    });
}

EXPORT reasonlab_rms_norm_backward(int half_g, int half_x, const void* g, const void* x, const float* w, const float* r,
                                   void* dx, float* dw, int64_t rows, int64_t size, int threads) {
    typed(half_g, [=](auto above) {
        typed(half_x, [=](auto type) {
            using X = decltype(type);
            rms_norm_backward((const decltype(above)*)g, (const X*)x, w, r, (X*)dx, dw, rows, size, threads);
        });
    });
}

EXPORT reasonlab_rms_rotate_backward(int half, const void* g, int64_t gb, int64_t gt, int64_t gh, const void* x,
                                     int64_t xb, int64_t xt, int64_t xh, const float* w, const float* cos,
                                     const float* sin, const float* r, void* dx, float* dw, int64_t batch,
                                     int64_t length, int64_t heads, int64_t d, int threads) {
    typed(half, [=](auto type) {
        using T = decltype(type);
        rms_rotate_backward((const T*)g, {gb, gt, gh}, (const T*)x, {xb, xt, xh}, w, cos, sin, r, (T*)dx, dw, batch,
                            length, heads, d, threads);
    });
}

EXPORT reasonlab_swiglu_backward(int half, const void* g, const void* gate, const void* up, void* dgate, void* dup,
                                 int64_t count, int threads) {
    typed(half, [=](auto type) {
        using T = decltype(type);
        swiglu_backward((const T*)g, (const T*)gate, (const T*)up, (T*)dgate, (T*)dup, count, threads);
    });
}

EXPORT reasonlab_causal_softmax(int half, const void* s, void* p, int64_t rows, int64_t length, float scale,
                                int threads) {
    typed(half, [=](auto type) {
        using T = decltype(type);
        causal_softmax((const T*)s, (T*)p, rows, length, scale, threads);
    });
}

EXPORT reasonlab_causal_softmax_backward(int half, const void* g, const void* p, void* ds, int64_t rows, int64_t length,
                                         float scale, int threads) {
    typed(half, [=](auto type) {
        using T = decltype(type);
        causal_softmax_backward((const T*)g, (const T*)p, (T*)ds, rows, length, scale, threads);
    });
}

EXPORT reasonlab_attend_last(int half, const void* q, int64_t qb, int64_t qh, const void* k, int64_t kb, int64_t kh,
                             int64_t kd, const void* v, int64_t vb, int64_t vh, int64_t vs, void* z,
                             const int32_t* visible, const float* sinks, int64_t batch, int64_t heads, int64_t groups,
                             int64_t slots, int64_t d_k, int64_t d_v, float scale, int threads) {
    typed(half, [=](auto type) {
        using T = decltype(type);
        attend_last((const T*)q, {qb, 0, qh}, (const T*)k, {kb, kd, kh}, (const T*)v, {vb, vs, vh}, (T*)z, visible,
                    sinks, batch, heads, groups, slots, d_k, d_v, scale, threads);
    });
}

extern "C" __attribute__((visibility("default"))) const int reasonlab_panel_width = WIDTH;
extern "C" __attribute__((visibility("default"))) const int reasonlab_row_block = ROWS;

EXPORT reasonlab_qwen3_step(const Qwen3Step* step) {
    share((step->rows + ROWS - 1) / ROWS, step->threads, [=](int64_t first, int64_t end, int) {
        for (int64_t row = first * ROWS; row < std::min(end * ROWS, step->rows); row += ROWS) {
            const int rows = int(std::min<int64_t>(ROWS, step->rows - row));
            step->half ? qwen3_rows<bfloat16>(*step, row, rows) : qwen3_rows<float>(*step, row, rows);
        }
    });
}
