"""The two models: `default`, ours, and `notebook`, the one that signtui replaces."""

from typing import Any

import keras
from keras import layers

from ml.config import ModelConfig, TrainConfig
from ml.features import channels
from ml.layers import ChannelAttention, FrameMask, MaskedAttention, MaskedPool, PositionEmbedding

GLOSS_OUTPUT = "gloss"
FINE_OUTPUT = "fine_output"
SUPER_OUTPUT = "super_output"


def build_model(config: TrainConfig, n_glosses: int) -> keras.Model:
    """The untrained model of a config."""
    shape = (config.features.length, channels(config.features))
    if config.preset == "notebook":
        return notebook_model(shape, config.model, n_glosses)
    return default_model(shape, config.model, n_glosses)


def default_model(shape: tuple[int, int], config: ModelConfig, n_glosses: int) -> keras.Model:
    """Depthwise convolutions and masked attention over frames, then masked pooling.

    After hoyso48's 1st place in Google's isolated sign language challenge (Kaggle, 2023).
    """
    inputs = keras.Input(shape, name="features")
    mask = FrameMask(name="mask")(inputs)
    x = layers.Dense(config.width, use_bias=False, name="stem")(inputs)
    x = layers.BatchNormalization(momentum=0.95, name="stem_norm")(x)
    x = PositionEmbedding(name="position")(x)
    for _ in range(config.stages):
        for _ in range(3):
            x = _convolve(x, mask, config)
        x = _attend(x, mask, config)
    x = layers.Dense(2 * config.width, activation="swish", name="top")(x)
    x = MaskedPool(name="pool")([x, mask])
    if config.neck:
        x = layers.Dense(config.neck, use_bias=False, name="neck")(x)
        x = layers.BatchNormalization(momentum=0.95, name="neck_norm")(x)
        x = layers.Activation("swish", name="neck_out")(x)
    x = layers.Dropout(config.head_dropout, name="head_dropout")(x)
    outputs = _head(x, n_glosses, GLOSS_OUTPUT)
    if config.hierarchy != "none":
        outputs = [_head(x, min(config.super_classes, n_glosses), SUPER_OUTPUT), outputs]
    return keras.Model(inputs, outputs, name="signtui_default")


def _head(x: Any, classes: int, name: str) -> Any:
    return layers.Dense(classes, activation="softmax", dtype="float32", name=name)(x)


def glosses_alone(model: keras.Model) -> keras.Model:
    """The model without a coarse head that only training needs; `notebook`'s is part of it."""
    if GLOSS_OUTPUT not in {layer.name for layer in model.layers} or len(model.outputs) == 1:
        return model
    return keras.Model(model.inputs, model.outputs[-1:], name=model.name)


def _convolve(x: Any, mask: Any, config: ModelConfig) -> Any:
    y = layers.Dense(2 * config.width, activation="swish")(x)
    y = layers.Multiply()([y, mask])
    y = layers.DepthwiseConv1D(config.kernel, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization(momentum=0.95)(y)
    y = ChannelAttention()([y, mask])
    y = layers.Dense(config.width)(y)
    y = layers.Dropout(config.dropout, noise_shape=(None, 1, 1))(y)
    return layers.Add()([x, y])


def _attend(x: Any, mask: Any, config: ModelConfig) -> Any:
    y = layers.BatchNormalization(momentum=0.95)(x)
    y = MaskedAttention(config.heads, config.dropout)([y, mask])
    x = layers.Add()([x, layers.Dropout(config.dropout)(y)])
    y = layers.BatchNormalization(momentum=0.95)(x)
    y = layers.Dense(2 * config.width, activation="swish")(y)
    y = layers.Dense(config.width)(y)
    return layers.Add()([x, layers.Dropout(config.dropout)(y)])


def notebook_model(shape: tuple[int, int], config: ModelConfig, n_glosses: int) -> keras.Model:
    """The notebook's two-headed convolution model, layer by layer (`create_model`)."""
    inputs = keras.Input(shape, name="input_data")
    x = inputs
    for filters, kernel, rate in ((64, 3, 0.1), (128, 5, 0.1), (256, 3, 0.2)):
        x = layers.Conv1D(filters, kernel, activation="relu", padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Dropout(rate)(x)
    x = layers.GlobalMaxPooling1D()(x)
    x = _dense(x, 512, 0.3)
    shared = _dense(x, 256, 0.2)
    coarse = _dense(shared, 128, 0.2)
    n_super = min(config.super_classes, n_glosses)
    super_output = layers.Dense(n_super, activation="softmax", name=SUPER_OUTPUT)(coarse)
    fine = layers.Concatenate()([shared, coarse])
    fine = _dense(_dense(fine, 512, 0.3), 256, 0.3)
    fine_output = layers.Dense(n_glosses, activation="softmax", name=FINE_OUTPUT)(fine)
    return keras.Model(inputs, [super_output, fine_output], name="hierarchical_classifier")


def _dense(x: Any, units: int, rate: float) -> Any:
    x = layers.Dense(units, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    return layers.Dropout(rate)(x)
