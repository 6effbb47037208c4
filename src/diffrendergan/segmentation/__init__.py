"""The segmentation network: data, training, prediction, instances, evaluation."""
