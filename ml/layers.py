"""The layers that Keras lacks, in `keras.ops` alone, so that every backend runs them.

Frames without a hand carry a mask of 0: attention and pooling never look at them.
"""

from typing import Any, Final

import keras
from keras import ops

_MASKED: Final = -1e4
"""Added to the logits of masked frames: far below any logit, and safe in half precision."""


@keras.saving.register_keras_serializable(package="signtui")
class FrameMask(keras.layers.Layer):  # type: ignore[misc]
    """1 where either hand is there, from the presence channels at the end of the features."""

    def call(self, features: Any) -> Any:
        """shape=(batch, frames, channels) to (batch, frames, 1)."""
        return ops.max(features[:, :, -2:], axis=-1, keepdims=True)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*shape[:-1], 1)


@keras.saving.register_keras_serializable(package="signtui")
class PositionEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Adds a learned vector for each frame's place in the window."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.table = self.add_weight(name="table", shape=shape[1:], initializer="zeros")

    def call(self, x: Any) -> Any:
        """shape=(batch, frames, width), kept."""
        return x + self.table


@keras.saving.register_keras_serializable(package="signtui")
class ChannelAttention(keras.layers.Layer):  # type: ignore[misc]
    """Weighs channels by what their neighbours say of the whole clip.

    Source: Wang et al., ECA-Net (CVPR 2020).
    """

    def __init__(self, kernel: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kernel = kernel
        self.conv = keras.layers.Conv1D(1, kernel, padding="same", use_bias=False, name="conv")

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        self.conv.build((shapes[0][0], shapes[0][-1], 1))

    def call(self, inputs: list[Any]) -> Any:
        """[x shape=(batch, frames, width), mask shape=(batch, frames, 1)] to x's shape."""
        x, mask = inputs
        pooled = masked_mean(x, mask)
        weight = ops.sigmoid(self.conv(ops.expand_dims(pooled, -1)))
        return x * ops.transpose(weight, (0, 2, 1))

    def compute_output_shape(self, shapes: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kernel": self.kernel}


@keras.saving.register_keras_serializable(package="signtui")
class MaskedAttention(keras.layers.Layer):  # type: ignore[misc]
    """Self-attention with several heads that never attends to masked frames.

    Source: Vaswani et al., Attention is all you need (NeurIPS 2017).
    """

    def __init__(self, heads: int = 4, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads = heads
        self.rate = dropout
        self.dropout = keras.layers.Dropout(dropout, name="dropout")

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        self.frames, self.width = int(shapes[0][1] or 0), int(shapes[0][2] or 0)
        self.queries = keras.layers.Dense(3 * self.width, use_bias=False, name="queries")
        self.queries.build(shapes[0])
        self.out = keras.layers.Dense(self.width, name="out")
        self.out.build(shapes[0])

    def call(self, inputs: list[Any], training: bool | None = None) -> Any:
        """[x shape=(batch, frames, width), mask shape=(batch, frames, 1)] to x's shape."""
        x, mask = inputs
        size = self.width // self.heads
        query, key, value = (
            ops.transpose(ops.reshape(part, (-1, self.frames, self.heads, size)), (0, 2, 1, 3))
            for part in ops.split(self.queries(x), 3, axis=-1)
        )
        logits = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) * size**-0.5
        # Reshaped, not transposed and expanded: TensorFlow 2.19's converter gets that one wrong.
        hidden = ops.reshape((1.0 - mask) * _MASKED, (-1, 1, 1, self.frames))
        weight = ops.softmax(logits + hidden)
        mixed = ops.matmul(self.dropout(weight, training=training), value)
        mixed = ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (-1, self.frames, self.width))
        return self.out(mixed)

    def compute_output_shape(self, shapes: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "heads": self.heads, "dropout": self.rate}


@keras.saving.register_keras_serializable(package="signtui")
class MaskedPool(keras.layers.Layer):  # type: ignore[misc]
    """The mean and the maximum over the frames that have a hand."""

    def call(self, inputs: list[Any]) -> Any:
        """[x shape=(batch, frames, width), mask shape=(batch, frames, 1)] to (batch, 2 width)."""
        x, mask = inputs
        top = ops.max(x + (1.0 - mask) * _MASKED, axis=1)
        some = ops.max(mask, axis=1)
        return ops.concatenate([masked_mean(x, mask), top * some], axis=-1)

    def compute_output_shape(self, shapes: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return (shapes[0][0], 2 * (shapes[0][-1] or 0))


def masked_mean(x: Any, mask: Any) -> Any:
    """Mean over the frames whose mask is 1. shape=(batch, frames, width) to (batch, width)."""
    return ops.sum(x * mask, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0)
